/** Who wrote a message: a name that each writer draws for itself. It protects nothing; the server's fence does. */
import { randomBytes } from 'node:crypto';

export const newWriter = (): string => randomBytes(6).toString('base64url');
