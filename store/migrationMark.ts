/** How far a migration came, as a cursor of the history that it fills: written with the rows it speaks for. */
import { createHash } from 'node:crypto';

const PREFIX = 'MIGRATION-';

/** `source` names where the rows come from; only its hash is kept, since it may hold a password. */
export const migrationMark = (source: string, what: string): string => `${PREFIX}${createHash('sha256').update(source).digest('hex').slice(0, 12)}-${what}`;
export const isMigrationMark = (stream: string): boolean => stream.startsWith(PREFIX);
