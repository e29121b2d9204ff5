/** Secrets of a data folder: made once, at random, in files that only their owner can read. Never logged. */
import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { writeFileAtomic } from '../runtime/atomicFile.ts';
import { RefusedError } from '../runtime/errors.ts';
import { newSeed, publicKeyOf } from '../streams/edge/credentials.ts';
import { ADMIN, grants } from '../streams/permissions.ts';

/** 192 bits; letters, digits, `-` and `_`, so that it needs no quoting anywhere. It begins with a letter for nats-server's sake, which reads `1e5…` as a number. */
const newSecret = (): string => `s${randomBytes(24).toString('base64url')}`;

export interface NatsCredentials { readonly user: string; readonly pass: string }
export interface DataSecrets {
  /** Folder with one nkey seed for each service. */
  readonly keysDir: string;
  /** Public keys by service. */
  readonly publicKeys: Readonly<Record<string, string>>;
  readonly reader: NatsCredentials;
  readonly token: string;
  readonly tokenFile: string;
}

const secretsDir = (dataDir: string): string => join(dataDir, 'secrets');
export const natsConfigPath = (dataDir: string): string => join(secretsDir(dataDir), 'nats.conf');
export const tokenPath = (dataDir: string): string => join(secretsDir(dataDir), 'gateway-token');

/** The file's text as `parse` reads it; made first where it is missing. */
function keep<T>(path: string, make: () => string, parse: (text: string) => T): T {
  if (!existsSync(path)) writePrivate(path, make());
  try {
    return parse(readFileSync(path, 'utf8'));
  } catch (error) {
    throw new RefusedError(`${path}: cannot be read`, 'Delete it and start again: a new one is made.', { cause: error });
  }
}

/** For its owner alone, and whole or not at all: a start that is killed leaves no half of a key. */
export const writePrivate = (path: string, text: string): void => writeFileAtomic(path, text, 0o600);

const keysDir = (dataDir: string): string => join(secretsDir(dataDir), 'nats');

/** One key for all services: what the own server had before each service got its own. */
const oldSharedFile = (dataDir: string): string => join(secretsDir(dataDir), 'nats-foretick.json');
export const isOwnServer = (credentialsFile: string | null, dataDir: string): boolean => credentialsFile === keysDir(dataDir) || credentialsFile === oldSharedFile(dataDir);

/** A key for each service in a folder, made where missing: public keys by service. */
export function serviceKeys(dir: string): Record<string, string> {
  const key = (service: string): string => keep(join(dir, `${service}.nk`), newSeed, (text) => publicKeyOf(text.trim()));
  return Object.fromEntries([ADMIN, ...Object.keys(grants([]))].map((service) => [service, key(service)]));
}

export const readerCredentials = (dir: string): NatsCredentials =>
  keep(join(dir, 'nats-reader.json'), () => JSON.stringify({ user: 'reader', pass: newSecret() }), (text) => JSON.parse(text) as NatsCredentials);

/** Those of this data folder, made where missing. */
export function dataSecrets(dataDir: string): DataSecrets {
  rmSync(oldSharedFile(dataDir), { force: true });
  return {
    keysDir: keysDir(dataDir), publicKeys: serviceKeys(keysDir(dataDir)), reader: readerCredentials(secretsDir(dataDir)),
    token: keep(tokenPath(dataDir), newSecret, (text) => text.trim()), tokenFile: tokenPath(dataDir),
  };
}
