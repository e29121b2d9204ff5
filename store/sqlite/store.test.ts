import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { CorruptError, RefusedError, RetryError } from '../../runtime/errors.ts';
import { describeHistory, gather } from '../history.conformance.ts';
import { defaultStoreUrl, openReader, openStore } from '../open.ts';
import { storeError } from './errors.ts';
import { SCHEMA_VERSION } from './schema.ts';
import { openSqliteReader, openSqliteStore } from './store.ts';

let dir: string;
let path: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'foretick-store-'));
  path = join(dir, 'history.db');
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

describeHistory('SQLite', async () => {
  const store = openSqliteStore(path);
  const reader = openSqliteReader(path);
  return { store, reader, close: async () => void (await Promise.all([store.close(), reader.close()])) };
});

const row = (seq: number) => ({ seq, subject: 'clock.main', tsInit: seq, body: new Uint8Array([1]) });
const thrown = (work: () => unknown): unknown => {
  try {
    work();
  } catch (error) {
    return error;
  }
  throw new Error('nothing was thrown');
};

describe('the file', () => {
  test('is kept: rows and cursor are there after closing and opening again', async () => {
    const store = openStore(`sqlite:${path}`);
    await store.write({ cursors: { 'TICKS-main': 2 }, feed: { name: 'main', rows: [row(1), row(2)] } });
    await store.close();
    const again = openStore(path);
    expect(await again.cursor('TICKS-main')).toBe(2);
    expect((await gather(again.feedRows('main', 1))).flat()).toHaveLength(2);
    await again.close();
  });

  test('its folder is made', async () => {
    const store = openStore(defaultStoreUrl(join(dir, 'a', 'b')));
    expect(await store.cursor('x')).toBe(0);
    await store.close();
  });

  test('of a newer foretick is refused and left alone', () => {
    const db = new DatabaseSync(path);
    db.exec(`PRAGMA application_id = ${0x6674636b}; PRAGMA user_version = ${SCHEMA_VERSION + 1}; CREATE TABLE t (x)`);
    db.close();
    const before = readFileSync(path);
    expect(thrown(() => openSqliteStore(path))).toMatchObject({ message: expect.stringContaining('newer foretick') });
    expect(thrown(() => openSqliteReader(path))).toBeInstanceOf(RefusedError);
    expect(readFileSync(path).equals(before)).toBe(true);
  });

  test.each(['', 'PRAGMA user_version = 1;'])('of another program is refused (%s)', (pragma) => {
    const db = new DatabaseSync(path);
    db.exec(`${pragma} CREATE TABLE theirs (x)`);
    db.close();
    expect(thrown(() => openSqliteStore(path))).toMatchObject({ name: 'RefusedError', message: expect.stringContaining('another program') });
  });

  test('that is no database is refused', () => {
    writeFileSync(path, 'date,open,high,low,close,volume\n'.repeat(100));
    expect(thrown(() => openSqliteStore(path))).toMatchObject({ name: 'RefusedError', message: expect.stringContaining('not a history file') });
  });

  test('is not there yet: a reader waits', () => {
    expect(thrown(() => openReader(path))).toBeInstanceOf(RetryError);
    new DatabaseSync(path).close();
    expect(thrown(() => openReader(path))).toBeInstanceOf(RetryError);
  });

  test.each(['mysql:localhost', 'postgres://x/y'])('%s is not a store that exists', (url) => {
    expect(thrown(() => openStore(url))).toMatchObject({ name: 'RefusedError', hint: expect.stringContaining('sqlite:PATH') });
  });

  test('needs a path', () => {
    expect(thrown(() => openStore('sqlite:'))).toBeInstanceOf(RefusedError);
  });
});

describe('trouble', () => {
  test('another writer: waits, then RetryError, and nothing is written', async () => {
    const store = openSqliteStore(path);
    const other = new DatabaseSync(path);
    other.exec('BEGIN IMMEDIATE');
    await expect(store.write({ cursors: { s: 1 } })).rejects.toMatchObject({ name: 'RetryError', message: expect.stringContaining('another process is writing') });
    other.exec('ROLLBACK');
    await store.write({ cursors: { s: 1 } });
    expect(await store.cursor('s')).toBe(1);
    other.close();
    await store.close();
  });

  test('a full disk is a RetryError', () => {
    const db = new DatabaseSync(path);
    db.exec('CREATE TABLE t (x BLOB); PRAGMA max_page_count = 3');
    const error = thrown(() => db.prepare('INSERT INTO t VALUES (zeroblob(100000))').run());
    db.close();
    expect(storeError(error, path)).toMatchObject({ name: 'RetryError', message: expect.stringContaining('disk is full') });
  });

  test('a reader that writes, and a folder that is no folder, are refused', () => {
    openSqliteStore(path).close();
    const db = new DatabaseSync(path, { readOnly: true });
    const error = thrown(() => db.exec("INSERT INTO cursor VALUES ('s', 1)"));
    db.close();
    expect(storeError(error, path)).toMatchObject({ name: 'RefusedError', message: expect.stringContaining('may only be read') });
    expect(thrown(() => openSqliteStore(dir))).toMatchObject({ name: 'RefusedError', message: expect.stringContaining('cannot be opened') });
    expect(thrown(() => openSqliteStore(join(path, 'below', 'a.db')))).toBeInstanceOf(RefusedError);
  });

  test('a damaged file is a CorruptError', async () => {
    const store = openSqliteStore(path);
    await store.write({ cursors: {}, feed: { name: 'main', rows: Array.from({ length: 20_000 }, (_, i) => row(i + 1)) } });
    await store.close();
    const bytes = readFileSync(path);
    bytes.fill(0xee, 8 * 4_096);
    chmodSync(path, 0o644);
    writeFileSync(path, bytes);
    const damaged = openSqliteStore(path);
    await expect(gather(damaged.feedRows('main', 1))).rejects.toBeInstanceOf(CorruptError);
    await damaged.close();
  });

  test('a writer and a reader go on side by side while a long read is open', async () => {
    const store = openSqliteStore(path);
    const rows = Array.from({ length: 12_000 }, (_, i) => row(i + 1));
    await store.write({ cursors: { s: 1 }, feed: { name: 'main', rows } });
    const reader = openSqliteReader(path);
    const reading = reader.feedRows('main', 1);
    await reading.next();
    await store.write({ cursors: { s: 12_001 }, feed: { name: 'main', rows: [row(12_001)] } });
    const rest = (await gather(reading)).flat();
    expect(rest.at(-1)?.seq).toBe(12_001);
    await reader.close();
    await store.close();
  });
});
