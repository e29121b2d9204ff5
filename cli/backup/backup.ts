/**
 * A backup of a pipeline that runs, or of a stopped one.
 *
 * What depends on other things is copied before them: history, snapshots of state, outcomes, predictions, model events, model
 * files, frames, and the feed last. Each copy is of one moment, later than those before it, so every output finds its
 * inputs in it, and a restored pipeline only has to compute forward. LATEST is left out: it is made from the rest.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { MEMORY_URL } from '../../cache/open.ts';
import { ROOT } from '../../infra/places.ts';
import { isOwnServer } from '../../infra/secrets.ts';
import { type Config, configPath, loadConfig } from '../../runtime/config.ts';
import { lockDataFolder } from '../../runtime/dataLock.ts';
import { CorruptError, RefusedError, RetryError } from '../../runtime/errors.ts';
import { defaultStoreUrl, isQuest } from '../../store/open.ts';
import { allAliases } from '../../streams/edge/aliases.ts';
import type { Connection } from '../../streams/edge/connect.ts';
import { objectNames } from '../../streams/edge/natsJournal.ts';
import { openObjects } from '../../streams/edge/objects.ts';
import { snapshotStream, type StreamDescription } from '../../streams/edge/snapshot.ts';
import { BUCKET, FEATURES, MODELS, OUTCOMES, PREDICTIONS, ticksStream } from '../../streams/streams.ts';
import { openConnection } from '../nats.ts';
import type { Terminal } from '../terminal.ts';
import { onDisk, sumOf, type Sum, writeSummed } from './files.ts';
import { copyHistory } from './history.ts';
import { type Entry, type Manifest, type Part, writeManifest } from './manifest.ts';
import { withOwnServer } from './server.ts';

const ATTEMPTS = 3;

export interface BackupReport { readonly dir: string; readonly files: number; readonly bytes: number; readonly leftOut: readonly string[]; readonly streams: Readonly<Record<string, unknown>>; readonly seconds: number }

/** Throws RefusedError, having removed what it wrote, when it can't be finished. */
export async function backup(dataDir: string, dir: string, terminal: Terminal): Promise<BackupReport> {
  const startedMs = performance.now();
  if (!existsSync(configPath(dataDir))) throw new RefusedError(`${dataDir}: nothing was started there yet`, 'Name the data folder with --data DIR.');
  const config = loadConfig(configPath(dataDir));
  const isNew = !existsSync(dir);
  if (!isNew && readdirSync(dir).length > 0) throw new RefusedError(`${dir} is not empty`, 'A backup needs an empty or a new folder.');
  try {
    const manifest = await onDisk(dir, async () => {
      mkdirSync(dir, { recursive: true, mode: 0o700 });
      return withPipeline(config, (connection) => copyAll(connection, config, dir, terminal));
    });
    return {
      dir, files: manifest.files.length, bytes: manifest.files.reduce((sum, { bytes }) => sum + bytes, 0), leftOut: manifest.leftOut,
      streams: Object.fromEntries(manifest.files.flatMap(({ part }) => (part.kind === 'stream' ? [[part.name, part.state['last_seq']]] : []))), seconds: (performance.now() - startedMs) / 1_000,
    };
  } catch (error) {
    for (const name of existsSync(dir) ? readdirSync(dir) : []) rmSync(join(dir, name), { recursive: true, force: true });
    if (isNew) rmSync(dir, { recursive: true, force: true });
    throw error;
  }
}

/** Asks the running server; where none runs for this folder, starts its own for the time. */
async function withPipeline<T>(config: Config, work: (connection: Connection) => Promise<T>): Promise<T> {
  const connected = async (nats: Config['nats']): Promise<T> => {
    const connection = await openConnection({ ...config, nats });
    return work(connection).finally(() => connection.close());
  };
  if (!isOwnServer(config.nats.credentialsFile, config.dataDir)) return connected(config.nats);
  const lock = lockIfFree(config.dataDir);
  if (lock === null) return connected(config.nats);
  return withOwnServer(config.dataDir, config.feed.name, connected).finally(() => lock.release());
}

function lockIfFree(dataDir: string): ReturnType<typeof lockDataFolder> | null {
  try {
    return lockDataFolder(dataDir, process.pid);
  } catch (error) {
    if (error instanceof RefusedError && error.message.includes('in use')) return null;
    throw error;
  }
}

async function copyAll(connection: Connection, config: Config, dir: string, terminal: Terminal): Promise<Manifest> {
  const files: Entry[] = [];
  const leftOut: string[] = [];
  const add = (path: string, sum: Sum, part: Part): void => void files.push({ path, ...sum, part });
  const stream = (name: string): Promise<void> => terminal.step(name, async () => {
    const { sum, description } = await copyStream(connection, name, join(dir, 'streams', `${name}.snapshot`));
    add(`streams/${name}.snapshot`, sum, { kind: 'stream', name, ...description });
  });
  const bucket = (name: string): Promise<void> => terminal.step(name, () => copyBucket(connection, name, dir, add));
  const history = join(dir, 'history.db');
  await terminal.step('history', async () => {
    if (await copyHistory(config.store.url, history, terminal)) add('history.db', sumOf(history), { kind: 'history' });
  });
  if (isQuest(config.store.url)) leftOut.push('the address of QuestDB: the history is a SQLite file from here on, until ./foretick store migrate copies it into a QuestDB and up is given --store');
  if (config.cache.url !== MEMORY_URL) leftOut.push('the address of the cache: two pipelines would write the same keys; a restored one keeps its own, in the gateway, until it is started with --cache');
  await bucket(BUCKET.snapshots);
  for (const name of [OUTCOMES, PREDICTIONS]) await stream(name);
  const aliases = new TextEncoder().encode(JSON.stringify(await allAliases(connection)));
  add('aliases.json', await writeSummed(join(dir, 'aliases.json'), (write) => write(aliases)), { kind: 'aliases' });
  await stream(MODELS);
  await bucket(BUCKET.models);
  await stream(FEATURES);
  await stream(ticksStream(config.feed.name));
  const kept = new TextEncoder().encode(`${JSON.stringify(withoutPasswords(config), null, 1)}\n`);
  add('config.json', await writeSummed(join(dir, 'config.json'), (write) => write(kept)), { kind: 'config' });
  const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { version: string };
  const manifest: Manifest = { v: 1, foretick: version, madeAt: new Date().toISOString(), leftOut, files };
  await writeManifest(dir, manifest);
  return manifest;
}

/** Addresses may hold passwords, and `restore` sets each of them anew. */
const withoutPasswords = (config: Config): Config => ({ ...config, nats: { url: 'nats://127.0.0.1', credentialsFile: null }, store: { url: defaultStoreUrl(config.dataDir) }, cache: { url: MEMORY_URL } });

/** Begun anew when the server breaks off: a cluster's leader may have changed. */
async function copyStream(connection: Connection, name: string, path: string): Promise<{ sum: Sum; description: StreamDescription }> {
  for (let attempt = 1; ; attempt++) {
    let description: StreamDescription | null = null;
    try {
      const sum = await writeSummed(path, async (write) => void (description = await snapshotStream(connection, name, write)));
      return { sum, description: description! };
    } catch (error) {
      if (!(error instanceof RetryError) || attempt === ATTEMPTS) throw error;
      rmSync(path, { force: true });
    }
  }
}

async function copyBucket(connection: Connection, bucket: string, dir: string, add: (path: string, sum: Sum, part: Part) => void): Promise<void> {
  const objects = await openObjects(connection, bucket);
  for (const name of await objectNames(connection.js, bucket)) {
    const bytes = await objects.get(name);
    if (bytes === null) throw new CorruptError(`${bucket}: ${name} is listed and not there`, 'Look at the server: nats object ls.');
    const path = `objects/${bucket}/${encodeURIComponent(name)}`;
    add(path, await writeSummed(join(dir, path), (write) => write(bytes)), { kind: 'object', bucket, name });
  }
}
