/** Which NATS server a run uses: the one that foretick starts for the data folder, or somebody's, by address. */
import { join } from 'node:path';
import type { Config } from '../runtime/config.ts';
import { messageOf, RefusedError } from '../runtime/errors.ts';
import { isAtLeast, MIN_VERSION, parseVersion } from '../infra/natsTool.ts';
import { type NatsServer, planNatsServer } from '../infra/nats/server.ts';
import { type DataSecrets, isOwnServer, writePrivate } from '../infra/secrets.ts';
import { apiErrorCode, connect, type Connection, whyNoConnection } from '../streams/edge/connect.ts';
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
  if (binary === null) {
    if (wishes.sync !== undefined) throw new RefusedError('--sync: only for the server that foretick starts', 'Write sync_interval: always into the jetstream block of that server\'s own configuration.');
    return { nats: otherServer(wishes, previous), server: null };
  }
  const lost = Object.entries({ '--nats-creds': wishes.natsCreds, '--nats-ca or --nats-cert': wishes.natsTls, '--replicas': wishes.replicas }).filter(([, value]) => value !== undefined).map(([flag]) => flag);
  if (lost.length > 0) throw new RefusedError(`${lost.join(', ')}: only with --nats`, 'The server that foretick starts is one node on this machine\'s loopback address, with keys of its own.');
  const wantedPort = previous === null ? null : Number(new URL(previous.nats.url).port) || null;
  const sync = wishes.sync ?? previous?.nats.sync;
  const server = await planNatsServer(binary, wishes.dataDir, secrets, feeds, wantedPort, sync);
  return { nats: { url: server.url, credentialsFile: secrets.keysDir, sync }, server };
}

/** What isn't said is as in the earlier run, but a new address forgets who we were at the old one. */
export function otherServer({ nats, natsCreds, natsTls, replicas, dataDir }: Wishes, previous: Config | null): Config['nats'] {
  const before: Config['nats'] = nats === undefined ? previous!.nats : { url: nats.url, credentialsFile: null, tls: previous?.nats.tls, replicas: previous?.nats.replicas };
  const chosen: Config['nats'] = { ...before, tls: natsTls ?? before.tls, replicas: replicas ?? before.replicas };
  if (natsCreds !== undefined) return { ...chosen, credentialsFile: natsCreds };
  if (nats === undefined || nats.credentials === null) return chosen;
  const credentialsFile = join(dataDir, 'secrets', 'nats-other.json');
  writePrivate(credentialsFile, JSON.stringify(nats.credentials));
  return { ...chosen, credentialsFile };
}

const UP_FIRST = 'Start the pipeline with ./foretick up. For a server of your own, check its address, who you are there (--nats-creds, or nats://USER:PASSWORD@HOST:PORT) and its certificate (--nats-ca).';

/** Throws RefusedError when the server doesn't answer. */
export const openConnection = ({ nats }: Config): Promise<Connection> => within(connect(nats, ADMIN, silent), async () => `no NATS server answers at ${nats.url}${reason(await whyNoConnection(nats, ADMIN))}`, UP_FIRST);

const reason = (why: string | null): string => (why === null ? '' : `: ${why}`);

/** Connects and makes the streams. Throws RefusedError when the server doesn't answer, is too old or has no JetStream. */
export async function openStreams(config: Config): Promise<Connection> {
  const { url, replicas = 1 } = config.nats;
  const connection = await openConnection(config);
  const version = parseVersion(connection.nc.info?.version ?? '');
  if (version !== null && !isAtLeast(version, MIN_VERSION)) throw new RefusedError(`the NATS server at ${url} is ${version}; ${MIN_VERSION} or later is needed`, 'Upgrade it, or leave --nats out: foretick starts its own.');
  const hint = `JetStream must be on (nats-server -js), and the user must be allowed to use it.${replicas > 1 ? ` ${replicas} copies need a cluster of as many nodes.` : ''}`;
  const made = ensureStreams(connection, streamsFor([config.feed.name]), replicas).then(() => ensureBuckets(connection, replicas)).catch((error: unknown) => {
    throw apiErrorCode(error) === 0 ? error : new RefusedError(`the NATS server at ${url} makes no streams: ${messageOf(error)}`, hint, { cause: error });
  });
  await within(made, async () => `the NATS server at ${url} makes no streams`, hint);
  return connection;
}

async function within<T>(work: Promise<T>, message: () => Promise<string>, hint: string): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => (timer = setTimeout(() => void message().then((text) => reject(new RefusedError(text, hint))), ANSWER_MS)));
  return Promise.race([work, late]).finally(() => clearTimeout(timer));
}
