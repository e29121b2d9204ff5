/**
 * The process that reads Parquet and Arrow, when a file takes its memory, its time or its life. Programs that behave so
 * stand in for the libraries, but for the bomb, which is a file.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { zstdCompressSync } from 'node:zlib';
import { CompressionType, compressionRegistry, makeVector, RecordBatchFileWriter, Table as ArrowTable } from 'apache-arrow';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { RefusedError, RetryError } from '../../../runtime/errors.ts';
import { openStore } from '../../open.ts';
import { importFile } from '../import.ts';
import { READ_LIMITS, type ReadLimits } from './isolated.ts';
import { openTable } from './open.ts';
import type { Table } from './table.ts';

const FIXTURE = join(import.meta.dirname, '../fixtures/bars-snappy.parquet');
/** When the fixture's bars begin, µs. */
const T = 1_709_294_400_000_000;
const MINUTE_US = 60_000_000;

let dir: string;
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'foretick-isolated-'));
});
afterAll(() => rmSync(dir, { recursive: true, force: true }));

/** A program that says it opened a file of bars, answers `blocks` questions with two bars each, and then runs `next` for the one numbered `at`. */
const bars = (blocks: number, at: number, next: string): string => `
  const us = (i) => ${T} + i * ${MINUTE_US};
  let asked = 0;
  process.on('message', () => {
    const line = 2 * asked++ + 1;
    if (asked === ${at}) ${next};
    if (asked > ${blocks}) return;
    const column = (values) => ({ values });
    process.send({ kind: 'rows', done: 0.5, block: { line, rows: 2, columns: [{ us: Float64Array.of(us(line - 1), us(line)) }, ...[100, 103.5, 99.25, 101.125].map((p) => column([p + line - 1, p + line])), column([0.1 * (line - 1), 0.1 * line])] } });
  });
  process.send({ kind: 'opened', format: 'Parquet', columns: ['date', 'open', 'high', 'low', 'close', 'volume'] });`;

let programs = 0;
function reader(program: string, change: Partial<ReadLimits> = {}): ReadLimits {
  const child = join(dir, `reader-${programs++}.mjs`);
  writeFileSync(child, program);
  return { ...READ_LIMITS, child, ...change };
}

async function read(limits: ReadLimits, path = FIXTURE): Promise<Table & { rows: number }> {
  const table = await openTable(path, null, limits);
  let rows = 0;
  for await (const chunk of table.chunks) rows += chunk.length;
  return { ...table, rows };
}
const failure = (limits: ReadLimits, path = FIXTURE): Promise<unknown> => read(limits, path).then((table) => `read ${table.rows} rows`, (error: unknown) => error);
const gone = (pid: number): boolean => {
  try {
    return !process.kill(pid, 0);
  } catch {
    return true;
  }
};

describe('a file that takes memory', () => {
  test('is refused when the process has taken what it may, however small the file is', async () => {
    const zeros = makeVector(new Float64Array(5_000_000));
    compressionRegistry.set(CompressionType.ZSTD, { encode: (bytes) => zstdCompressSync(bytes), decode: (bytes) => bytes });
    const bytes = await RecordBatchFileWriter.writeAll(new ArrowTable(Object.fromEntries(Array.from({ length: 10 }, (_, i) => [`c${i}`, zeros]))), { compressionType: CompressionType.ZSTD }).toUint8Array();
    expect(bytes.length).toBeLessThan(100_000);
    const path = join(dir, 'bomb.feather');
    writeFileSync(path, bytes);
    const error = await failure({ ...READ_LIMITS, memoryBytes: 250 * 1024 ** 2 }, path);
    expect(error).toBeInstanceOf(RefusedError);
    expect(error).toMatchObject({ message: `${path}: reading it took more than 250 MB of memory`, hint: expect.stringContaining('write it again with smaller') });
  });
});

describe('a process that reads', () => {
  test.each([['before it opened the file', 'for (;;);'], ['between rows', bars(2, 3, 'for (;;)')]])('and hangs %s is ended, and the file refused', async (_, program) => {
    const error = await failure(reader(program, { silenceMs: 1_000 }));
    expect(error).toBeInstanceOf(RefusedError);
    expect(error).toMatchObject({ message: `${FIXTURE}: nothing more could be read from it within 1 seconds` });
  });

  test('and crashes leaves a refusal; one that somebody ends is tried again', async () => {
    const crash = await failure(reader('process.exit(3)'));
    expect(crash).toBeInstanceOf(RefusedError);
    expect(crash).toMatchObject({ message: expect.stringContaining('crashed the process that tried it (exit code 3)') });
    expect(await failure(reader("process.kill(process.pid, 'SIGTERM'); for (;;);"))).toBeInstanceOf(RetryError);
  });

  test('may read files, and nothing else', async () => {
    const codes = `
      import { spawn } from 'node:child_process';
      import { readFileSync, writeFileSync } from 'node:fs';
      import { connect } from 'node:net';
      const code = async (work) => { try { await work(); return 'allowed'; } catch (error) { return error.code; } };
      process.send({ kind: 'opened', format: 'Parquet', columns: [
        await code(() => readFileSync(process.argv[1])), await code(() => writeFileSync(process.argv[1] + '.x', '')), await code(() => spawn('true')),
        await code(() => new Promise((resolve, reject) => connect(9, '127.0.0.1').on('connect', resolve).on('error', reject))),
      ] });
      process.on('message', () => process.send({ kind: 'end' }));`;
    expect((await read(reader(codes))).columns).toEqual(['allowed', ...Array.from({ length: 3 }, () => 'ERR_ACCESS_DENIED')]);
  });

  test('is ended with the reading', async () => {
    const table = await openTable(FIXTURE, null, reader(bars(1, 9, '').replace("'date'", 'String(process.pid)')));
    const pid = Number(table.columns[0]);
    expect(gone(pid)).toBe(false);
    for await (const chunk of table.chunks) if (chunk.length > 0) break;
    await vi.waitFor(() => expect(gone(pid)).toBe(true));
  });
});

describe('an import whose reader dies in the middle', () => {
  // Four blocks are asked for ahead, and one more for each that was written: the sixth question says that two are.
  test.each([['for the file', 'SIGUSR2', RefusedError, /memory/], ['by somebody', 'SIGKILL', RetryError, /importing it again is safe/]])(
    '%s says so, keeps what was written whole, and goes on from there when it is run again', async (_, signal, kind, words) => {
      const store = openStore(':memory:');
      try {
        const options = { path: FIXTURE, instrument: 'v.A', kind: 'bars' as const, intervalMs: null, columns: null, clock: { nowUs: () => 0, sleep: async () => undefined } };
        const error: unknown = await importFile(store, { ...options, readLimits: reader(bars(2, 6, `process.kill(process.pid, '${signal}')`)) }).catch((thrown: unknown) => thrown);
        expect(error).toBeInstanceOf(kind);
        expect(error).toMatchObject({ message: expect.stringMatching(words) });
        const inStore = async (): Promise<number[]> => (await store.bars('v.A', 60_000, 0, Number.MAX_SAFE_INTEGER, 100)).map((bar) => bar.ts);
        expect(await inStore()).toEqual([0, 1, 2, 3].map((i) => T + i * MINUTE_US));
        expect(await importFile(store, options)).toMatchObject({ added: 4, refused: 0 });
        expect(await inStore()).toEqual(Array.from({ length: 8 }, (_, i) => T + i * MINUTE_US));
      } finally {
        await store.close();
      }
    },
  );
});
