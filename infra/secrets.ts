/** Secrets of a data folder: made once, at random, in files that only their owner can read. Never logged. */
import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { RefusedError } from '../runtime/errors.ts';

/** 192 bits; letters, digits, `-` and `_`, so that it needs no quoting anywhere. It begins with a letter for nats-server's sake, which reads `1e5…` as a number. */
const newSecret = (): string => `s${randomBytes(24).toString('base64url')}`;

export interface NatsCredentials { readonly user: string; readonly pass: string }
export interface DataSecrets {
  readonly foretick: NatsCredentials;
  readonly reader: NatsCredentials;
  readonly foretickFile: string;
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

export function writePrivate(path: string, text: string): void {
  mkdirSync(join(path, '..'), { recursive: true, mode: 0o700 });
  writeFileSync(path, text, { mode: 0o600 });
}

/** Those of this data folder, made where missing. */
export function dataSecrets(dataDir: string): DataSecrets {
  const file = (name: string): string => join(secretsDir(dataDir), `${name}.json`);
  const credentials = (user: string): NatsCredentials => keep(file(`nats-${user}`), () => JSON.stringify({ user, pass: newSecret() }), (text) => JSON.parse(text) as NatsCredentials);
  return {
    foretick: credentials('foretick'), reader: credentials('reader'), foretickFile: file('nats-foretick'),
    token: keep(tokenPath(dataDir), newSecret, (text) => text.trim()), tokenFile: tokenPath(dataDir),
  };
}
