/** The gateway's token, as `foretick up` wrote it. */
import { readFileSync } from 'node:fs';
import { RefusedError } from '../runtime/errors.ts';

/** Shorter ones could be guessed. */
const MIN_TOKEN_CHARS = 16;

export function readToken(path: string): string {
  let token: string;
  try {
    token = readFileSync(path, 'utf8').trim();
  } catch (error) {
    throw new RefusedError(`${path}: the token cannot be read`, 'Start with `./foretick up`, which writes it.', { cause: error });
  }
  if (!/^[!-~]+$/.test(token) || token.length < MIN_TOKEN_CHARS) {
    throw new RefusedError(`${path}: not a token of at least ${MIN_TOKEN_CHARS} printable characters`, 'Delete it and run `./foretick up` again: it writes a new one.');
  }
  return token;
}
