/**
 * The history in one SQLite file. One process writes (more may, they wait for each other); any number read.
 *
 * WAL, so readers and the writer don't stop each other. synchronous = NORMAL: a killed process loses nothing; after a
 * power cut the last moments may be missing, rows and cursor alike, and are read from the streams again.
 */
import { accessSync, chmodSync, constants, existsSync, mkdirSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { RetryError } from '../../runtime/errors.ts';
import type { HistoryStore, WholeHistory } from '../history.ts';
import { guarded, mayOnlyBeRead } from './errors.ts';
import { createNames } from './names.ts';
import { prune } from './prune.ts';
import { createReader } from './read.ts';
import { ensureSchema, schemaVersion } from './schema.ts';
import { createWhole } from './whole.ts';
import { createBatchWriter } from './write.ts';

/** How long a statement waits for another writer before it becomes a RetryError, ms. */
const BUSY_MS = 2_000;
const CACHE_KIB = 64_000;
/** The WAL is copied into the file every so many pages (of 4 KiB), and cut back to the limit when it grew beyond. */
const CHECKPOINT_PAGES = 4_000;
const WAL_LIMIT_BYTES = 64 * 1024 ** 2;

export function openSqliteStore(path: string): HistoryStore {
  const isOurs = isFile(path);
  if (isOurs) mustBeWritable(path);
  const db = guarded(path, () => {
    if (path !== ':memory:') mkdirSync(dirname(path), { recursive: true });
    return opened(new DatabaseSync(path, { timeout: BUSY_MS }), (fresh) => {
      schemaVersion(fresh, path); // before anything changes the file
      fresh.exec(`PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA cache_size = -${CACHE_KIB};
        PRAGMA wal_autocheckpoint = ${CHECKPOINT_PAGES}; PRAGMA journal_size_limit = ${WAL_LIMIT_BYTES}; PRAGMA temp_store = memory;`);
      ensureSchema(fresh, path);
    });
  }, isOurs);
  const names = createNames(db);
  const write = createBatchWriter(db, names);
  return {
    ...createReader(db, names, path),
    write: async (batch) => guarded(path, () => write(batch), true),
    prune: (beforeTs) => prune(db, path, beforeTs),
    close: async () => db.close(),
  };
}

/** For other processes than the recorder. Throws RetryError while nothing was recorded yet. */
export function openSqliteReader(path: string): WholeHistory {
  const none = (): RetryError => new RetryError(`${path}: no history yet`, 'The recorder makes the file when it starts.');
  if (!existsSync(path)) throw none();
  const db = guarded(path, () => opened(new DatabaseSync(path, { readOnly: true, timeout: BUSY_MS }), (fresh) => {
    if (schemaVersion(fresh, path) === 0) throw none();
  }), isFile(path));
  const names = createNames(db);
  return { ...createReader(db, names, path), ...createWhole(db, names, path), close: async () => db.close() };
}

const READ_AND_WRITE = constants.R_OK | constants.W_OK;
const isFile = (path: string): boolean => statSync(path, { throwIfNoEntry: false })?.isFile() ?? false;

/**
 * SQLite opens what it may only read without a word, and refuses each write from then on, whatever is changed. The two files beside it get
 * the mode that it has when they are made, by a reader too, and keep it: where that is in the way they are given its mode of now.
 */
function mustBeWritable(path: string): void {
  try {
    accessSync(path, READ_AND_WRITE);
    for (const beside of [`${path}-wal`, `${path}-shm`].filter(isFile)) {
      try {
        accessSync(beside, READ_AND_WRITE);
      } catch {
        chmodSync(beside, statSync(path).mode & 0o777);
      }
    }
  } catch (error) {
    throw mayOnlyBeRead(path, true, { cause: error });
  }
}

function opened(db: DatabaseSync, prepare: (db: DatabaseSync) => void): DatabaseSync {
  try {
    prepare(db);
    return db;
  } catch (error) {
    db.close();
    throw error;
  }
}
