import { execFileSync } from 'node:child_process';
import { chmodSync, chownSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync, StatementSync } from 'node:sqlite';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { CorruptError, RefusedError, RetryError } from '../../runtime/errors.ts';
import { describeHistory, gather } from '../history.conformance.ts';
import { defaultStoreUrl, openReader, openStore } from '../open.ts';
import { storeError } from './errors.ts';
import { prune } from './prune.ts';
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

  test('a file or folder that may only be read for a while: writers and readers wait, and all is well when it may be written again', () => {
    const nobody = 65_534; // root may write everywhere; the code is loaded first, for it may lie where nobody else reads
    if (process.getuid!() === 0) chownSync(dir, nobody, nobody);
    const code = `
      import { chmodSync } from 'node:fs';
      import { openSqliteReader, openSqliteStore } from ${JSON.stringify(join(import.meta.dirname, 'store.ts'))};
      if (process.getuid() === 0) {
        process.setgid(${nobody});
        process.setuid(${nobody});
      }
      const said = [];
      const attempt = async (work) => said.push(await Promise.try(work).then(() => 'done', (error) => error.name + error.message.replace(/.*:/, '')));
      const write = async (seq) => { const store = openSqliteStore(path); await store.write({ cursors: { s: seq } }); await store.close(); };
      const path = ${JSON.stringify(path)};
      await write(1);
      chmodSync(path, 0o444);
      await attempt(() => write(2));
      const reader = openSqliteReader(path);
      chmodSync(path, 0o644);
      await attempt(() => write(2));
      await reader.close();
      await attempt(() => write(3));
      chmodSync(${JSON.stringify(dir)}, 0o555);
      await attempt(() => write(4));
      await attempt(() => openSqliteReader(path));
      chmodSync(${JSON.stringify(dir)}, 0o755);
      await attempt(() => write(4));
      await attempt(() => openSqliteReader(path).close());
      console.log(JSON.stringify(said));`;
    const out = execFileSync(process.execPath, ['--input-type=module', '-e', code], { encoding: 'utf8' });
    const waits = 'RetryError may only be read';
    expect(JSON.parse(out)).toEqual([waits, 'done', 'done', expect.stringContaining('RetryError'), expect.stringContaining('RetryError'), 'done', 'done']);
  });

  test('old rows are deleted in short steps, however many stand together', async () => {
    const store = openSqliteStore(path);
    const keys = Array.from({ length: 35_000 }, (_, i) => ({ universe: 'main', instrument: `v.S${i % 500}`, horizonMs: 1_000, frameTs: 1 + Math.floor(i / 500), role: 'champion', model: 'm' }));
    await store.write({
      cursors: {}, predictions: keys.map((key) => ({ ...key, late: false, refPrice: 1, retBps: null, loBps: null, hiBps: null, pUp: null })),
      outcomes: [...keys, ...keys.slice(0, 15_000).map((key) => ({ ...key, frameTs: 10, model: `m${key.frameTs}` }))].map(({ frameTs, ...key }) => ({ ...key, predictedTs: frameTs, realisedBps: 1 })),
    });
    const deleted = vi.spyOn(StatementSync.prototype, 'run');
    await store.prune(66);
    const steps = deleted.mock.results.map(({ value }) => Number((value as { changes: number }).changes));
    deleted.mockRestore();
    expect((await store.predictions('main', 'v.S7', 1_000, 0, 1_000, 1_000)).map((one) => one.frameTs)).toEqual([66, 67, 68, 69, 70]);
    expect(steps.reduce((sum, rows) => sum + rows, 0)).toBe(2 * 65 * 500 + 15_000);
    expect(steps.filter((rows) => rows > 10_000)).toEqual([15_500]); // of one time
    await store.close();
  });

  test('what can\'t be deleted now is deleted at a later prune', async () => {
    const store = openSqliteStore(path);
    await store.write({ cursors: { 'TICKS-main': 1 }, feed: { name: 'main', rows: [row(1)] } });
    await store.close();
    const db = new DatabaseSync(path, { readOnly: true });
    await expect(prune(db, path, 2)).rejects.toBeInstanceOf(RetryError);
    db.close();
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

  test('predictions come the same from frames of few rows, which are all read, and of many, which are not; the limit ends both early', async () => {
    const store = openSqliteStore(path);
    const [T0, SECOND, HOUR_S] = [1_721_347_200_000_000, 1_000_000, 3_600];
    const rowOf = (second: number, i: number) => ({ universe: 'main', instrument: `v.S${i}`, horizonMs: 1_000, frameTs: T0 + second * SECOND, role: 'champion', model: i % 2 === 0 ? 'm' : 'n', late: i === 1, refPrice: 1, retBps: second, loBps: null, hiBps: 1, pUp: 0.5 });
    // Few, many and few rows a frame, an hour and more of each: every two hours have another beginning or end.
    const predictions = Array.from({ length: 45 }, (_, i) => i * 240).flatMap((second) => Array.from({ length: 15 }, (_, k) => second + k))
      .flatMap((second) => Array.from({ length: Math.floor(second / HOUR_S) === 1 ? 40 : 2 }, (_, i) => rowOf(second, i)));
    const outcomes = predictions.map(({ late: _, ...row }) => ({ ...row, predictedTs: row.frameTs, realisedBps: 1 - row.retBps }));
    await store.write({ cursors: {}, predictions, outcomes });
    const statements = vi.spyOn(StatementSync.prototype, 'all');
    const used = (): Set<unknown> => new Set(statements.mock.contexts);
    for (const i of [0, 1, 39]) {
      const expected = predictions.filter(({ instrument }) => instrument === `v.S${i}`).map((row) => ({ ...row, realisedBps: 1 - row.retBps }));
      expect(await store.predictions('main', `v.S${i}`, 1_000, 0, T0 * 2, 10_000)).toEqual(expected);
      for (const limit of [1, 100, 400]) expect(await store.predictions('main', `v.S${i}`, 1_000, 0, T0 * 2, limit)).toEqual(expected.slice(-limit));
      expect(await store.predictions('main', `v.S${i}`, 1_000, T0 + HOUR_S * SECOND, T0 + 2 * HOUR_S * SECOND, 10_000)).toEqual(expected.filter(({ frameTs }) => frameTs >= T0 + HOUR_S * SECOND && frameTs <= T0 + 2 * HOUR_S * SECOND));
    }
    expect(used().size, 'statements that read rows').toBe(2);
    vi.restoreAllMocks();
    await store.close();
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
