import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { recording } from '../../tests/support/recordings.ts';
import type { WallClock } from '../../runtime/clock.ts';
import { RefusedError, RetryError } from '../../runtime/errors.ts';
import { gather } from '../history.conformance.ts';
import type { BarRow, HistoryStore } from '../history.ts';
import { openStore } from '../open.ts';
import { importFile, type ImportOptions, MAX_PROBLEMS } from './import.ts';

const T = 1_709_294_400_000_000;
const MINUTE = 60_000_000;
const FOREVER = 9_000_000_000_000_000;
const clock: WallClock = { nowUs: () => 0, sleep: async () => undefined };
const fixture = (name: string): string => join(import.meta.dirname, 'fixtures', name);

let dir: string;
let store: HistoryStore;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'foretick-import-'));
  store = openStore(':memory:');
});
afterEach(async () => {
  await store.close();
  rmSync(dir, { recursive: true, force: true });
});

const file = (name: string, content: string | Uint8Array): string => {
  const path = join(dir, name);
  writeFileSync(path, content);
  return path;
};
const load = (path: string, change: Partial<ImportOptions> = {}) => importFile(store, { path, instrument: 'v.A', kind: 'bars', intervalMs: null, columns: null, clock, ...change });
const bars = (intervalMs = 60_000): Promise<BarRow[]> => store.bars('v.A', intervalMs, 0, FOREVER, 1_000_000);
const ticks = async () => (await gather(store.feedRows('import:v:A', 0))).flat().map((row) => ({ seq: row.seq, ...(JSON.parse(Buffer.from(row.body).toString()) as object) }));

/** What store/import/fixtures/make.py writes. */
const EIGHT = Array.from({ length: 8 }, (_, i): BarRow => ({ instrument: 'v.A', intervalMs: 60_000, ts: T + i * MINUTE, open: 100 + i, high: 103.5 + i, low: 99.25 + i, close: 101.125 + i, volume: 0.1 * i, trades: i }));
const HEADER = 'date,open,high,low,close,volume,count';
const csvOf = (rows: readonly BarRow[], separator = ','): string =>
  [HEADER.replaceAll(',', separator), ...rows.map((row) => [new Date(row.ts / 1_000).toISOString(), row.open, row.high, row.low, row.close, row.volume, row.trades].join(separator))].join('\n');

describe('every format gives the same bars', () => {
  test.each([
    ['bars-lz4.feather', 'Feather (Arrow file)'], ['bars-zstd.feather', 'Feather (Arrow file)'], ['bars-plain.feather', 'Feather (Arrow file)'], ['bars.arrows', 'Arrow stream'],
    ['bars-snappy.parquet', 'Parquet'], ['bars-zstd.parquet', 'Parquet'], ['bars-gzip.parquet', 'Parquet'], ['bars-lz4.parquet', 'Parquet'], ['bars-none.parquet', 'Parquet'],
  ])('%s', async (name, format) => {
    expect(await load(fixture(name))).toMatchObject({ format, intervalMs: 60_000, added: 8, changed: 0, same: 0, refused: 0, firstTs: T, lastTs: T + 7 * MINUTE, unit: 'row' });
    expect(await bars()).toEqual(EIGHT);
  });

  test.each([
    ['comma', csvOf(EIGHT)], ['semicolon', csvOf(EIGHT, ';')], ['tab', csvOf(EIGHT, '\t')], ['mark, CRLF and blank lines', `\uFEFF${csvOf(EIGHT).replaceAll('\n', '\r\n\r\n')}\r\n`],
    ['quoted', csvOf(EIGHT).replace('date,open', '"date","open"')], ['gzipped', gzipSync(csvOf(EIGHT))],
  ])('CSV, %s', async (_, content) => {
    expect(await load(file('x.txt', content))).toMatchObject({ added: 8, refused: 0, unit: 'line' });
    expect(await bars()).toEqual(EIGHT);
  });

  test('CSV without a header line', async () => {
    const body = csvOf(EIGHT).split('\n').slice(1).join('\n');
    await expect(load(file('x.csv', body))).rejects.toMatchObject({ name: 'RefusedError', hint: expect.stringContaining('--columns') });
    expect(await load(file('x.csv', body), { columns: HEADER.split(',') })).toMatchObject({ added: 8, refused: 0 });
    expect(await bars()).toEqual(EIGHT);
  });

  test.each([['plain', (text: string) => text], ['gzipped', gzipSync]])('NDJSON, %s', async (_, pack) => {
    const lines = EIGHT.map(({ ts, trades, ...row }) => JSON.stringify({ open_time: ts / 1_000, ...row, count: trades })).join('\n');
    expect(await load(file('x.json', pack(lines)))).toMatchObject({ format: expect.stringContaining('NDJSON'), added: 8, refused: 0 });
    expect(await bars()).toEqual(EIGHT);
  });
});

describe('repeating', () => {
  test('the same file changes nothing, an overlapping one adds its rest, a corrected one corrects', async () => {
    await load(file('a.csv', csvOf(EIGHT.slice(0, 5))));
    expect(await load(file('a.csv', csvOf(EIGHT.slice(0, 5))))).toMatchObject({ added: 0, changed: 0, same: 5 });
    expect(await load(file('b.csv', csvOf(EIGHT.slice(3))))).toMatchObject({ added: 3, changed: 0, same: 2 });
    expect(await bars()).toEqual(EIGHT);
    const corrected = { ...EIGHT[4]!, volume: 9 };
    expect(await load(file('c.csv', csvOf([EIGHT[3]!, corrected])))).toMatchObject({ added: 0, changed: 1, same: 1 });
    expect((await bars())[4]).toEqual(corrected);
  });

  test('a busy store is waited for', async () => {
    let refusals = 3;
    const busy: HistoryStore = { ...store, write: async (batch) => (refusals-- > 0 ? Promise.reject(new RetryError('busy')) : store.write(batch)) };
    await importFile(busy, { path: fixture('bars-plain.feather'), instrument: 'v.A', kind: 'bars', intervalMs: null, columns: null, clock });
    expect(await bars()).toEqual(EIGHT);
  });
});

describe('rows that are wrong', () => {
  test('are refused by line, the others go in', async () => {
    const lines = csvOf(EIGHT).split('\n');
    lines[3] = 'soon,1,1,1,1,1,1';
    lines[5] = `${lines[5]!.split(',')[0]},1,2`;
    lines[7] = `${lines[7]!.split(',')[0]},"1,2`;
    const report = await load(file('x.csv', lines.join('\n')));
    expect(report).toMatchObject({ added: 5, refused: 3 });
    expect(report.problems.map(({ line, problem }) => `${line} ${problem}`)).toEqual(['4 date: soon is not a time', '6 low: missing', expect.stringContaining("8 its quotes don't match: 2024-03-01T12:06")]);
    expect((await bars()).map((bar) => (bar.ts - T) / MINUTE)).toEqual([0, 1, 3, 5, 7]);
  });

  test('a quoted cell may hold the separator', async () => {
    const [head, ...rows] = csvOf(EIGHT).split('\n');
    await load(file('x.csv', [`note,${head}`, ...rows.map((row) => `"a, ""b""",${row}`)].join('\n')));
    expect(await bars()).toEqual(EIGHT);
  });

  test('NDJSON: not JSON, no object, too long', async () => {
    const lines = EIGHT.map(({ ts, ...row }) => JSON.stringify({ ts, ...row }));
    const report = await load(file('x.ndjson', [lines[0], '{"ts":', '[1]', '', `"${'x'.repeat(600_000)}"`, lines[1], lines[2]].join('\n')), { intervalMs: 60_000 });
    expect(report).toMatchObject({ added: 3, refused: 3 });
    expect(report.problems.map(({ line, problem }) => `${line} ${problem}`)).toEqual(['2 not JSON: {"ts":', '3 not a JSON object', '5 longer than 20000 characters']);
  });

  test('only the first of them are told, all are counted', async () => {
    const wrong = Array.from({ length: 3_000 }, () => 'x,1,1,1,1,1,1');
    const report = await load(file('x.csv', [csvOf(EIGHT), ...wrong].join('\n')));
    expect(report).toMatchObject({ added: 8, refused: 3_000 });
    expect(report.problems).toHaveLength(MAX_PROBLEMS);
  });

  test.each([
    ['all of them', [HEADER, ...Array.from({ length: 5_000 }, () => 'x,1,1,1,1,1,1')].join('\n'), 'no row could be read; line 2: date: x is not a time'],
    ['none there', `${HEADER}\n`, 'holds no rows'], ['empty', ' \n', 'is empty'], ['an array', '[{"a":1}]', 'one JSON array'], ['binary', 'a\0b', 'not a format'],
    ['other columns', 'name,age\nx,1', 'bars need a column for time'], ['Feather 1', 'FEA1abc', 'Feather version 1'], ['half a Feather file', 'ARROW1\0\0abc', 'cannot be read as an Arrow file'],
    ['bars of a second', [HEADER, ...[0, 1, 2].map((i) => `2024-01-01T00:00:0${i}Z,1,1,1,1,1,1`)].join('\n'), 'bars of one second would not stay', null],
    ['half a Parquet file', 'PAR1abcdefghijkl', 'cannot be read as Parquet'],
  ])('a file is refused as a whole: %s', async (_, content, message, intervalMs: number | null = 60_000) => {
    const loading = load(file('x', content), { intervalMs });
    await expect(loading).rejects.toBeInstanceOf(RefusedError);
    await expect(loading).rejects.toThrow(message);
  });

  test('one bar has no interval: it is asked for', async () => {
    await expect(load(file('x.csv', csvOf(EIGHT.slice(0, 1))))).rejects.toMatchObject({ hint: expect.stringContaining('--interval') });
    expect(await load(file('x.csv', csvOf(EIGHT.slice(0, 1))), { intervalMs: 300_000 })).toMatchObject({ added: 1, intervalMs: 300_000 });
  });

  test('a file that is not there', async () => {
    await expect(load(join(dir, 'none.csv'))).rejects.toThrow('cannot be read');
  });
});

describe('ticks', () => {
  test('microseconds are kept, ticks of one moment keep their order', async () => {
    expect(await load(fixture('trades.parquet'), { kind: 'ticks' })).toMatchObject({ feed: 'import:v:A', intervalMs: null, added: 3, firstTs: T + 1, lastTs: T + 2 });
    expect(await ticks()).toEqual([
      { seq: T + 1, v: 1, type: 'trade', price: 100.5, size: 1, side: 'sell', id: '7', tsEvent: T + 1, tsInit: T + 1 },
      { seq: T + 2, v: 1, type: 'trade', price: 100.25, size: 2, side: 'buy', id: '8', tsEvent: T + 1, tsInit: T + 1 },
      { seq: T + 3, v: 1, type: 'trade', price: 100.5, size: 0.5, side: 'sell', id: '9', tsEvent: T + 2, tsInit: T + 2 },
    ]);
    expect(await store.ticks('import:v:A', 'v.A', T, T + 9, 10)).toHaveLength(3);
  });

  test('repeated, nothing changes; a later file goes on; other ticks of a stored moment are refused', async () => {
    const lines = (from: number, to: number): string => ['timestamp,bid,bid_size,ask,ask_size', ...Array.from({ length: to - from }, (_, i) => `${T + (from + i) * 100},1,2,3,${from + i}`)].join('\n');
    await load(file('a.csv', lines(0, 5_000)), { kind: 'ticks' });
    expect(await load(file('a.csv', lines(0, 5_000)), { kind: 'ticks' })).toMatchObject({ added: 0, same: 5_000 });
    expect(await load(file('b.csv', lines(4_990, 6_000)), { kind: 'ticks' })).toMatchObject({ added: 1_000, same: 10 });
    expect(await load(file('c.csv', `${lines(1, 2).replace('1,2,3', '1,2,4')}\n${lines(6_000, 6_001).split('\n')[1]}`), { kind: 'ticks' })).toMatchObject({ added: 1, refused: 1, problems: [{ line: 2, problem: expect.stringContaining('the stored one stays') }] });
    const stored = await ticks();
    expect(stored).toHaveLength(6_001);
    expect(stored[1]).toMatchObject({ ask: 3, askSize: 1 });
  });

  test('out of order is refused by line', async () => {
    expect(await load(file('x.csv', `time,price,size\n${T + 2},1,1\n${T + 1},1,1\n${T + 3},1,1`), { kind: 'ticks' })).toMatchObject({ added: 2, problems: [{ line: 3, problem: expect.stringContaining('sort the file') }] });
  });
});

/** Sums by pyarrow 26.0.1. */
describe('the real bars', () => {
  test.each([
    { symbol: 'BTC', rows: 71_769, firstTs: 1_704_067_200_000_000, last: { ts: 1_725_597_600_000_000, open: 56_633.49, high: 56_689.76, low: 56_617, close: 56_661.97, volume: 41.62227, trades: 0 }, sums: [4_303_869_898.56, 4_308_142_042.3, 4_299_440_567.07, 4_303_884_215.2, 9_211_192.608082] },
    { symbol: 'ETH', rows: 71_769, firstTs: 1_704_067_200_000_000, last: { ts: 1_725_597_600_000_000, open: 2_390.43, high: 2_390.95, low: 2_387.02, close: 2_388.19, volume: 824.0358, trades: 0 }, sums: [221_304_015.57, 221_560_496.27, 221_034_856.48, 221_304_111.11, 97_989_039.9967] },
    { symbol: 'WIF', rows: 53_430, firstTs: 1_709_647_200_000_000, last: { ts: 1_725_675_900_000_000, open: 1.493, high: 1.496, low: 1.491, close: 1.491, volume: 144_632.44, trades: 0 }, sums: [132_392.2515, 132_923.5657, 131_865.8367, 132_392.7188, 16_059_755_552.85] },
  ].filter(({ symbol }) => recording(`bars-5m/${symbol}_USDT-5m.feather`) !== null))('$symbol', async ({ symbol, rows, firstTs, last, sums }) => {
    const path = recording(`bars-5m/${symbol}_USDT-5m.feather`)!;
    const seen: number[] = [];
    expect(await load(path, { onProgress: (count) => void seen.push(count) })).toMatchObject({ intervalMs: 300_000, added: rows, same: 0, refused: 0, firstTs, lastTs: last.ts });
    expect(seen.at(-1)).toBe(rows);
    const stored = await bars(300_000);
    expect(stored).toHaveLength(rows);
    expect(stored.at(-1)).toMatchObject(last);
    (['open', 'high', 'low', 'close', 'volume'] as const).forEach((field, i) => expect(stored.reduce((sum, bar) => sum + bar[field], 0) / sums[i]!).toBeCloseTo(1, 12));
    expect(await load(path)).toMatchObject({ added: 0, changed: 0, same: rows });
    expect(await bars(300_000)).toEqual(stored);
  });
});
