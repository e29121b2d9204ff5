/** How a process says who it is: nkeys of our own server's users, or whatever the owner of another server gave. */
import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { credsAuthenticator, nkeyAuthenticator, nkeys, type NodeConnectionOptions } from '@nats-io/transport-node';
import { messageOf, RefusedError } from '../../runtime/errors.ts';

/** The seed is secret; the public key stands in the server's configuration. */
export function newSeed(): string {
  return new TextDecoder().decode(nkeys.createUser().getSeed());
}
/** Throws when it isn't a seed. */
export const publicKeyOf = (seed: string): string => nkeys.fromSeed(new TextEncoder().encode(seed)).getPublicKey();

const SUFFIXES = ['nk', 'creds', 'json'] as const;

/**
 * `path` is a file of one of three kinds (an nkey seed, a .creds file, JSON {user, pass}), or a folder with one for each user:
 * `<user>.nk`, `<user>.creds` or `<user>.json`. Throws RefusedError.
 */
export function authOptions(path: string | null, user: string): Pick<NodeConnectionOptions, 'authenticator' | 'user' | 'pass'> {
  if (path === null) return {};
  const file = fileOf(path, user);
  try {
    const text = readFileSync(file, 'utf8');
    if (text.trimStart().startsWith('{')) {
      return userAndPass(text);
    }
    if (text.includes('BEGIN NATS USER JWT')) {
      const authenticator = credsAuthenticator(new TextEncoder().encode(text));
      authenticator(''); // reads the file, which is otherwise read, and fails, at the dial
      return { authenticator };
    }
    publicKeyOf(text.trim());
    return { authenticator: nkeyAuthenticator(new TextEncoder().encode(text.trim())) };
  } catch (error) {
    throw new RefusedError(`${file}: holds no NATS credentials (${messageOf(error)})`, 'An nkey seed, a .creds file, or JSON with user and pass is needed.', { cause: error });
  }
}

/** What is wrong is said without quoting the text: JSON.parse would, and the text is a password. */
function userAndPass(text: string): { user: string; pass: string } {
  let value: unknown = null;
  try {
    value = JSON.parse(text);
  } catch {
    // Not JSON: refused below.
  }
  const { user, pass } = (value ?? {}) as { user?: unknown; pass?: unknown };
  if (typeof user !== 'string' || typeof pass !== 'string') throw new RangeError('not JSON with user and pass as text');
  return { user, pass };
}

function fileOf(path: string, user: string): string {
  if (!existsSync(path)) throw new RefusedError(`${path}: the NATS credentials are missing`, 'Start with ./foretick up, which makes them; for a server of your own, give them with --nats-creds.');
  if (!statSync(path).isDirectory()) return path;
  const found = SUFFIXES.map((suffix) => join(path, `${user}.${suffix}`)).find((file) => existsSync(file));
  if (found === undefined) throw new RefusedError(`${path}: has no credentials of ${user} (${user}.nk, ${user}.creds or ${user}.json)`, 'Start with ./foretick up, which makes them; for a server of your own, put them there.');
  return found;
}
