/** Which NATS server a run uses: the one that foretick starts for the data folder, or somebody's, by address. */
import { join } from 'node:path';
import type { Config } from '../runtime/config.ts';
import { RefusedError } from '../runtime/errors.ts';
import { isAtLeast, MIN_VERSION, parseVersion } from '../infra/natsTool.ts';
import { type NatsServer, planNatsServer } from '../infra/nats/server.ts';
import { type DataSecrets, isOwnServer, writePrivate } from '../infra/secrets.ts';
import { connect, type Connection } from '../streams/edge/connect.ts';
import { ensureBuckets, ensureStreams } from '../streams/edge/streams.ts';
import { ADMIN } from '../streams/permissions.ts';
import { streamsFor } from '../streams/streams.ts';
import type { Wishes } from './options.ts';

const ANSWER_MS = 10_000;
const silent = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };

/** True when this run starts no server: `--nats`, or an earlier run of this folder that had it. */
export const usesOtherServer = (wishes: Wishes, previous: Config | null): boolean =>
  wishes.nats !== undefined || (previous !== null && !isOwnServer(previous.nats.credentialsFile, wishes.dataDir));

export async function chooseServer(wishes: Wishes, previous: Config | null, secrets: DataSecrets, feeds: readonly string[], binary: string | null): Promise<{ nats: Config['nats']; server: NatsServer | null }> {
  if (binary !== null) {
    const wantedPort = previous === null ? null : Number(new URL(previous.nats.url).port) || null;
    const server = await planNatsServer(binary, wishes.dataDir, secrets, feeds, wantedPort);
    return { nats: { url: server.url, credentialsFile: secrets.keysDir }, server };
  }
  if (wishes.nats === undefined) return { nats: previous!.nats, server: null };
  const { url, credentials } = wishes.nats;
  if (credentials === null) return { nats: { url, credentialsFile: null }, server: null };
  const credentialsFile = join(wishes.dataDir, 'secrets', 'nats-other.json');
  writePrivate(credentialsFile, JSON.stringify(credentials));
  return { nats: { url, credentialsFile }, server: null };
}

const UP_FIRST = 'Start the pipeline with ./foretick up. For a server of your own, check its address, user and password: nats://USER:PASSWORD@HOST:PORT';

/** Throws RefusedError when the server doesn't answer. */
export const openConnection = (config: Config): Promise<Connection> => within(connect(config.nats, ADMIN, silent), `no NATS server answers at ${config.nats.url}`, UP_FIRST);

/** Connects and makes the streams. Throws RefusedError when the server doesn't answer, is too old or has no JetStream. */
export async function openStreams(config: Config): Promise<Connection> {
  const connection = await openConnection(config);
  const version = parseVersion(connection.nc.info?.version ?? '');
  if (version !== null && !isAtLeast(version, MIN_VERSION)) throw new RefusedError(`the NATS server at ${config.nats.url} is ${version}; ${MIN_VERSION} or later is needed`, 'Upgrade it, or leave --nats out: foretick starts its own.');
  await within(ensureStreams(connection, streamsFor([config.feed.name])).then(() => ensureBuckets(connection)), `the NATS server at ${config.nats.url} makes no streams`, 'JetStream must be on (nats-server -js), and the user must be allowed to use it.');
  return connection;
}

async function within<T>(work: Promise<T>, message: string, hint: string): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => (timer = setTimeout(() => reject(new RefusedError(message, hint)), ANSWER_MS)));
  return Promise.race([work, late]).finally(() => clearTimeout(timer));
}
