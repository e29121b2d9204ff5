/**
 * Files of a hostile hand in the import: cells of every kind, files damaged and cut anywhere, and files that unpack to
 * gigabytes. Rows go in or are refused with a reason; a file is read or refused in words. FORETICK_FULL=1 runs fifty times as many.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { RefusedError } from '../../runtime/errors.ts';
import { longestPause } from '../../tests/support/watch.ts';
import type { HistoryStore } from '../history.ts';
import { openStore } from '../open.ts';
import { importFile, type ImportReport } from './import.ts';
import { openArrow, unpackLz4, unpackZstd } from './read/arrow.ts';
import { packBlock, unpackBlock } from './read/block.ts';
import { openParquet } from './read/parquet.ts';

if (process.env['FORETICK_FULL'] === '1') vi.setConfig({ testTimeout: 1_200_000 });

const RUNS = { seed: 20_261_124, numRuns: process.env['FORETICK_FULL'] === '1' ? 10_000 : 200 };
const clock = { nowUs: () => 0, sleep: async () => undefined };
let folder: string;
let store: HistoryStore;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'foretick-hostile-import-'));
  store = openStore(`sqlite:${join(folder, 'history.db')}`);
});
afterAll(async () => {
  await store.close();
  rmSync(folder, { recursive: true });
});

async function load(name: string, content: string | Uint8Array, kind: 'bars' | 'ticks' = 'ticks'): Promise<ImportReport | RefusedError> {
  const path = join(folder, name);
  writeFileSync(path, content);
  try {
    return await importFile(store, { path, instrument: 'hostile.X', kind, intervalMs: kind === 'bars' ? 60_000 : null, columns: null, clock });
  } catch (error) {
    if (!(error instanceof RefusedError)) throw error;
    expect(error.message).toContain(name);
    return error;
  }
}
const refusal = async (name: string, content: string | Uint8Array, kind?: 'bars' | 'ticks'): Promise<string> => String(await load(name, content, kind));

/** Stands for a value nested too deep for a JSON writer. */
const DEEP = '@deep';
const jsonOf = (row: object): string => JSON.stringify(row).replaceAll(`"${DEEP}"`, '['.repeat(2_500) + ']'.repeat(2_500));
const hostileCell = fc.oneof(
  fc.constantFrom<unknown>(null, true, '', ' ', 'NaN', '1e999', '9'.repeat(19_000), '0x10', '1'.repeat(60), '-1', -1, 1e308, 2 ** 53, { us: 5 }, { us: { toString: 1, valueOf: 1 } }, { toString: 1, valueOf: 1 }, { toJSON: 1 }, DEEP, [[]], '\u0000', '\ud800', '__proto__', '2024-02-30', '2024-01-01T25:00'),
  fc.jsonValue({ maxDepth: 3 }) as fc.Arbitrary<unknown>,
);
const FIELDS = ['time', 'price', 'size', 'side', 'id', 'bid', 'isBuyerMaker', 'date', '__proto__', 'constructor'] as const;

describe('hostile cells', () => {
  it('in NDJSON are refused with a reason, and take nothing from the rows around them', async () => {
    await fc.assert(fc.asyncProperty(fc.array(fc.dictionary(fc.constantFrom(...FIELDS), hostileCell, { maxKeys: 5 }), { minLength: 1, maxLength: 5 }), async (rows) => {
      const first = { time: 1_700_000_000_000_000, price: 1, size: 1, side: 'buy', id: 'a', isBuyerMaker: false };
      const last = { ...first, time: 2_300_000_000_000_000 };
      const report = await load('x.ndjson', [first, ...rows.map((row) => ({ ...first, ...row })), last].map(jsonOf).join('\n'));
      if (report instanceof RefusedError) throw report;
      expect(report.added + report.same + report.refused).toBe(rows.length + 2);
      for (const { problem } of report.problems) expect(problem.length).toBeLessThan(200);
    }), RUNS);
  });

  it('in CSV too', async () => {
    const text = fc.oneof(fc.string({ maxLength: 30 }), fc.constantFrom('"', '"""', '\u0000', ',,,,', '9'.repeat(15_000), '1e999', '\ufeff'));
    await fc.assert(fc.asyncProperty(fc.array(text, { maxLength: 6 }), async (lines) => {
      await load('x.csv', ['time,price,size', '1700000000000000,1,1', ...lines.map((line) => line.replaceAll('\n', '')), '1700000000000001,1,1'].join('\n'));
    }), RUNS);
  });

  it('that pretend to be a time that was read already are none', async () => {
    expect(await refusal('x.ndjson', '{"time":{"us":5},"price":1,"size":1}')).toMatch(/time: a nested value is not a time/);
  });
});

describe('a damaged file', () => {
  const fixture = (name: string): Uint8Array => readFileSync(join(import.meta.dirname, 'fixtures', name));
  const damaged = (bytes: Uint8Array) => fc.oneof(
    fc.array(fc.tuple(fc.nat(bytes.length - 1), fc.nat(255)), { minLength: 1, maxLength: 3 }).map((changes) => {
      const copy = bytes.slice();
      for (const [at, value] of changes) copy[at] = value;
      return copy;
    }),
    fc.nat(bytes.length - 1).map((end) => bytes.slice(0, end)),
  );

  /** As the child of an import does, and the import with what the child sends. */
  async function readHere(name: string, bytes: Uint8Array): Promise<number | RefusedError> {
    const path = join(folder, name);
    writeFileSync(path, bytes);
    try {
      const table = await (name.endsWith('.parquet') ? openParquet(path) : openArrow(path, name.endsWith('.arrows') ? 'stream' : 'file'));
      let rows = 0;
      for await (const block of table.blocks) rows += unpackBlock(table.columns, structuredClone(packBlock(block))).length;
      return rows;
    } catch (error) {
      if (!(error instanceof RefusedError)) throw error;
      expect(error.message).toContain(name);
      return error;
    }
  }

  const BINARY = ['bars-snappy.parquet', 'bars-zstd.parquet', 'bars-none.parquet', 'bars-lz4.feather', 'bars-zstd.feather', 'bars-plain.feather', 'bars.arrows'];
  it.each(BINARY)('%s is read or refused by its name, whichever bytes are changed or missing', async (name) => {
    let refused = 0;
    await fc.assert(fc.asyncProperty(damaged(fixture(name)), async (bytes) => {
      if ((await readHere(name, bytes)) instanceof RefusedError) refused++;
    }), { ...RUNS, numRuns: RUNS.numRuns / 4 });
    expect(refused).toBeGreaterThan(5);
  });

  it('of gzip too', async () => {
    const bytes = gzipSync(['time,open,high,low,close,volume', ...Array.from({ length: 50 }, (_, i) => `${1_700_000_000 + i * 60},1,2,0.5,1,${i}`)].join('\n'));
    let refused = 0;
    await fc.assert(fc.asyncProperty(damaged(bytes), async (content) => {
      if ((await load('bars.csv.gz', content, 'bars')) instanceof RefusedError) refused++;
    }), { ...RUNS, numRuns: RUNS.numRuns / 4 });
    expect(refused).toBeGreaterThan(5);
  });

  it.each(['bars-snappy.parquet', 'bars-lz4.feather', 'bars.arrows'])('%s is refused by the import in the words of the process that reads it', async (name) => {
    expect(await refusal(name, fixture(name).slice(0, -300), 'bars')).toMatch(/cannot be read as|holds no rows/);
  });
});

describe('a bomb', () => {
  const HEAD = 'time,price,size\n1600000000000000,1,1\n';
  it.each([
    ['of one endless line', gzipSync(Buffer.alloc(70 * 1024 ** 2, '0'), { level: 1 }), /first line|column|holds no rows|longer than/],
    ['of an endless line behind good ones', gzipSync(Buffer.concat([Buffer.from(HEAD), Buffer.alloc(70 * 1024 ** 2, '0')]), { level: 1 }), /line 3 is longer than 64 MB/],
    ['of columns', `${'a,'.repeat(20_000)}time,price,size\n1,1,1\n`, /columns, at most 512/],
    ['of columns, gzipped', gzipSync(`${'a,'.repeat(10_000_000)}\n`), /columns, at most 512/],
    ['of keys', `{${Array.from({ length: 600 }, (_, i) => `"k${i}":0`).join(',')}}`, /columns, at most 512/],
  ])('%s is refused, at once', async (_what, content, words) => {
    const { result, pauseMs } = await longestPause(() => refusal(typeof content === 'string' && content.startsWith('{') ? 'x.ndjson' : 'x.csv', content));
    expect(result).toMatch(words);
    expect(pauseMs).toBeLessThan(2_000);
  });

  it('of unreadable rows behind good ones is given up; the good ones are in', async () => {
    expect(await refusal('x.csv', gzipSync(Buffer.concat([Buffer.from(HEAD), Buffer.alloc(2_100_000, 'x\n')])))).toMatch(/unreadable rows in a row/);
  });

  it('in a column of Arrow is refused by what it would unpack to', () => {
    expect(() => unpackZstd(zstdCompressSync(Buffer.alloc(513 * 1024 ** 2)))).toThrow(/larger than/);
    // An LZ4 frame, version 1, that says it holds 2 GB.
    expect(() => unpackLz4(Uint8Array.from([0x04, 0x22, 0x4d, 0x18, 0x48, 0x70, 0xff, 0xff, 0xff, 0x7f, 0, 0, 0, 0, 0]))).toThrow(/unpacks to/);
  });
});
