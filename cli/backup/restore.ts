/**
 * A backup into an empty data folder, and into a nats-server that has none of its streams. Everything is checked before
 * anything is written; config.json comes last, and what can't be finished is removed. Secrets are made anew.
 */
import { chmodSync, copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { MEMORY_URL } from '../../cache/open.ts';
import { tokenPath } from '../../infra/secrets.ts';
import { writeFileAtomic } from '../../runtime/atomicFile.ts';
import { type Config, configPath, loadConfig } from '../../runtime/config.ts';
import { lockDataFolder } from '../../runtime/dataLock.ts';
import { RefusedError } from '../../runtime/errors.ts';
import { defaultStoreUrl, sqlitePath } from '../../store/open.ts';
import { putAlias } from '../../streams/edge/aliases.ts';
import { apiErrorCode, type Connection } from '../../streams/edge/connect.ts';
import { openObjects } from '../../streams/edge/objects.ts';
import { restoreStream } from '../../streams/edge/snapshot.ts';
import { ensureBuckets } from '../../streams/edge/streams.ts';
import { openConnection } from '../nats.ts';
import type { Terminal } from '../terminal.ts';
import { blocksOf, onDisk } from './files.ts';
import { type Entry, type Manifest, readBackup } from './manifest.ts';
import { withOwnServer } from './server.ts';

export interface RestoreReport { readonly dataDir: string; readonly madeAt: string; readonly files: number; readonly leftOut: readonly string[]; readonly seconds: number }

/** `other`: a server or cluster of one's own; null: the one that foretick starts. */
export async function restore(dir: string, dataDir: string, other: (() => Config['nats']) | null, terminal: Terminal): Promise<RestoreReport> {
  const startedMs = performance.now();
  const manifest = await terminal.step('checking the backup', async () => readBackup(dir));
  const isNew = !existsSync(dataDir);
  if (!isNew && readdirSync(dataDir).length > 0) throw new RefusedError(`${dataDir} is not empty`, 'Restore into an empty or a new folder: --data DIR.');
  try {
    await onDisk(dataDir, async () => {
      mkdirSync(dataDir, { recursive: true, mode: 0o700 });
      const lock = lockDataFolder(dataDir, process.pid);
      try {
        await fill(manifest, dir, dataDir, other, terminal);
      } finally {
        lock.release();
      }
    });
  } catch (error) {
    for (const name of existsSync(dataDir) ? readdirSync(dataDir) : []) rmSync(join(dataDir, name), { recursive: true, force: true });
    if (isNew) rmSync(dataDir, { recursive: true, force: true });
    throw error;
  }
  return { dataDir, madeAt: manifest.madeAt, files: manifest.files.length, leftOut: manifest.leftOut, seconds: (performance.now() - startedMs) / 1_000 };
}

async function fill(manifest: Manifest, dir: string, dataDir: string, other: (() => Config['nats']) | null, terminal: Terminal): Promise<void> {
  const before = loadConfig(join(dir, 'config.json'));
  const copy = async (nats: Config['nats']): Promise<Config['nats']> => {
    const connection = await openConnection({ ...before, nats });
    try {
      await copyAll(connection, manifest, dir, nats.replicas ?? 1, terminal);
    } finally {
      await connection.close();
    }
    return nats;
  };
  const nats = other === null ? await withOwnServer(dataDir, before.feed.name, copy) : await copy(other());
  // No cache of before: the original may live, and both would write the same keys.
  const config: Config = { ...before, dataDir, nats, store: { url: defaultStoreUrl(dataDir) }, cache: { url: MEMORY_URL }, gateway: { ...before.gateway, tokenFile: tokenPath(dataDir) } };
  if (manifest.files.some(({ part }) => part.kind === 'history')) {
    const path = sqlitePath(config.store.url);
    copyFileSync(join(dir, 'history.db'), path);
    chmodSync(path, 0o600); // a backup may lie where nothing can be written
  }
  writeFileAtomic(configPath(dataDir), `${JSON.stringify(config, null, 1)}\n`);
}

const STREAM_NOT_FOUND = 10_059;

async function copyAll(connection: Connection, manifest: Manifest, dir: string, replicas: number, terminal: Terminal): Promise<void> {
  for (const { part } of manifest.files) if (part.kind === 'stream') await mustBeMissing(connection, part.name);
  try {
    for (const { path, part } of manifest.files) {
      if (part.kind === 'stream') await terminal.step(part.name, () => restoreStream(connection, part.name, part, replicas, blocksOf(join(dir, path))));
    }
    await ensureBuckets(connection, replicas);
    await terminal.step('objects', async () => {
      for (const file of manifest.files) await restoreSmall(connection, file, dir);
    });
  } catch (error) {
    // None of them was there before.
    for (const { part } of manifest.files) if (part.kind === 'stream') await connection.jsm.streams.delete(part.name).catch(() => undefined);
    throw error;
  }
}

async function restoreSmall(connection: Connection, { path, part }: Entry, dir: string): Promise<void> {
  if (part.kind === 'object') await (await openObjects(connection, part.bucket)).put(part.name, new Uint8Array(readFileSync(join(dir, path))));
  if (part.kind !== 'aliases') return;
  for (const [key, value] of Object.entries(JSON.parse(readFileSync(join(dir, path), 'utf8')) as Record<string, string>)) await putAlias(connection, key, value);
}

async function mustBeMissing(connection: Connection, stream: string): Promise<void> {
  const there = await connection.jsm.streams.info(stream).then(() => true, (error: unknown) => {
    if (apiErrorCode(error) === STREAM_NOT_FOUND) return false;
    throw error;
  });
  if (there) throw new RefusedError(`the NATS server has a stream ${stream} already`, 'Restore into a server, or an account of it, that has none of foretick\'s streams.');
}
