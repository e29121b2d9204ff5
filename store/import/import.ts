/**
 * A file of bars or ticks into the history, a chunk at a time.
 *
 * 1. Safe to repeat and to overlap: a row that is there already is counted as the same and not written.
 * 2. A row that can't be read is refused with its line and the reason; the others go in. A file whose first rows are all
 *    refused is refused as a whole.
 */
import { RefusedError, RetryError } from '../../runtime/errors.ts';
import type { WallClock } from '../../runtime/clock.ts';
import { type HistoryStore, PRUNED_BAR_MS, type StoreBatch } from '../history.ts';
import { barColumns } from './columns.ts';
import type { ReadLimits } from './read/isolated.ts';
import { openTable } from './read/open.ts';
import type { RawRow, Table } from './read/table.ts';
import type { Problem } from './rows.ts';
import { importFeed } from './feed.ts';
import { barSink, type Sink, tickSink } from './sinks.ts';
import { parseTime } from './time.ts';

export interface ImportOptions {
  readonly path: string;
  readonly instrument: string;
  readonly kind: 'bars' | 'ticks';
  /** Of bars; null: what lies between the file's first rows. */
  readonly intervalMs: number | null;
  /** Names in order, for a text without a header line. */
  readonly columns: readonly string[] | null;
  readonly clock: WallClock;
  /** Of the process that reads Parquet or Arrow. */
  readonly readLimits?: ReadLimits;
  readonly onProgress?: (rows: number, done: number) => void;
}
export interface ImportReport {
  readonly path: string; readonly format: string; readonly instrument: string; readonly kind: 'bars' | 'ticks';
  readonly intervalMs: number | null;
  /** Where ticks are: the feed's name in the store. */
  readonly feed: string | null;
  readonly added: number; readonly changed: number;
  /** There already, with equal values. */
  readonly same: number;
  readonly refused: number;
  /** Of the rows that were not refused, µs. */
  readonly firstTs: number; readonly lastTs: number;
  /** The first MAX_PROBLEMS of the refused. */
  readonly problems: readonly { readonly line: number; readonly problem: string }[];
  /** What their `line` counts. */
  readonly unit: 'line' | 'row';
}

export const MAX_PROBLEMS = 20;
const HOPELESS_ROWS = 1_000;
/** Unreadable rows in a row, after which the rest of a file isn't what its beginning was. */
const MAX_REFUSED_IN_A_ROW = 1_000_000;
const WRITE_TRIES = 30;
const RETRY_MS = 1_000;

export async function importFile(store: HistoryStore, options: ImportOptions): Promise<ImportReport> {
  const { path, instrument, kind } = options;
  const table = await openTable(path, options.columns, options.readLimits);
  const head = await firstChunk(table);
  try {
    const intervalMs = kind === 'bars' ? (options.intervalMs ?? intervalOf(path, table, head.rows)) : null;
    if (intervalMs === PRUNED_BAR_MS) throw new RefusedError(`${path}: bars of one second would not stay: the recorder makes such bars itself, and the store deletes them after thirty days of its feed`, 'Join them to longer ones, for example of 5 s, or import ticks. Both stay for good.');
    const tally = kind === 'bars'
      ? await load(store, options, table, head.all, barSink(store, table.columns, instrument, intervalMs!))
      : await load(store, options, table, head.all, tickSink(store, table.columns, instrument));
    return { path, format: table.format, unit: table.unit, instrument, kind, intervalMs, feed: kind === 'ticks' ? importFeed(instrument) : null, ...tally };
  } catch (error) {
    throw error instanceof RefusedError && !error.message.includes(path) ? new RefusedError(`${path}: ${error.message}`, error.hint) : error;
  } finally {
    await head.close();
  }
}

type Tally = Pick<ImportReport, 'added' | 'changed' | 'same' | 'refused' | 'firstTs' | 'lastTs' | 'problems'>;

async function load<Row>(store: HistoryStore, options: ImportOptions, table: Table, chunks: AsyncIterable<RawRow[]>, sink: Sink<Row>): Promise<Tally> {
  const counts = { added: 0, changed: 0, same: 0, refused: 0 };
  const problems: { line: number; problem: string }[] = [];
  let firstTs = Number.POSITIVE_INFINITY;
  let lastTs = Number.NEGATIVE_INFINITY;
  let refusedInARow = 0;
  const refuse = (line: number, problem: string): void => {
    counts.refused += 1;
    if (problems.length < MAX_PROBLEMS) problems.push({ line, problem });
  };
  for await (const chunk of chunks) {
    const good = accept(chunk, sink, refuse);
    const { verdicts, batch } = await sink.settle(good);
    verdicts.forEach((verdict, i) => (typeof verdict === 'string' ? (counts[verdict] += 1) : refuse(good[i]!.line, verdict.problem)));
    for (const { row } of good) {
      firstTs = Math.min(firstTs, sink.tsOf(row));
      lastTs = Math.max(lastTs, sink.tsOf(row));
    }
    await writeWhenFree(store, batch, options.clock);
    const rows = counts.added + counts.changed + counts.same + counts.refused;
    if (counts.refused === rows && rows >= HOPELESS_ROWS) break;
    refusedInARow = good.length > 0 ? 0 : refusedInARow + chunk.length;
    if (refusedInARow > MAX_REFUSED_IN_A_ROW) throw new RefusedError(`${options.path}: ${refusedInARow} unreadable rows in a row; ${table.unit} ${chunk[0]!.line} is one of them`, 'What stood before them is imported. Cut the file there.');
    options.onProgress?.(rows, table.done());
  }
  if (lastTs < firstTs) throw hopeless(options.path, table, problems);
  return { ...counts, firstTs, lastTs, problems };
}

const isProblem = <Row>(row: Row | Problem): row is Problem => typeof row === 'object' && row !== null && 'problem' in row;

function accept<Row>(chunk: readonly RawRow[], sink: Sink<Row>, refuse: (line: number, problem: string) => void): { line: number; row: Row }[] {
  const good: { line: number; row: Row }[] = [];
  for (const raw of chunk) {
    const row = 'problem' in raw ? raw : sink.toRow(raw.cells);
    if (isProblem(row)) refuse(raw.line, row.problem);
    else good.push({ line: raw.line, row });
  }
  return good;
}

const hopeless = (path: string, table: Table, problems: readonly { line: number; problem: string }[]): RefusedError =>
  new RefusedError(
    problems.length === 0 ? `${path}: holds no rows` : `${path}: no row could be read; ${table.unit} ${problems[0]!.line}: ${problems[0]!.problem}`,
    'Nothing was imported. Check --kind, and the columns with --columns.',
  );

/** The first chunk is looked at, and then read like the others. */
async function firstChunk(table: Table): Promise<{ rows: readonly RawRow[]; all: AsyncIterable<RawRow[]>; close(): Promise<void> }> {
  const iterator = table.chunks[Symbol.asyncIterator]();
  const first = await iterator.next();
  const all = async function* (): AsyncGenerator<RawRow[]> {
    if (first.done) return;
    yield first.value;
    yield* { [Symbol.asyncIterator]: () => iterator };
  };
  return { rows: first.done ? [] : first.value, all: all(), close: async () => void (await iterator.return?.()) };
}

/** The smallest step between the times of the first rows. */
function intervalOf(path: string, table: Table, rows: readonly RawRow[]): number {
  const columns = barColumns(table.columns);
  const times = rows.flatMap((raw) => ('cells' in raw ? [parseTime(columns.timeOfDay === null ? raw.cells[columns.time!] : `${raw.cells[columns.time!]} ${raw.cells[columns.timeOfDay]}`)] : []));
  const sorted = times.filter((ts) => ts !== null).toSorted((a, b) => a - b);
  const stepUs = sorted.slice(1).reduce((least, ts, i) => (ts > sorted[i]! ? Math.min(least, ts - sorted[i]!) : least), Number.POSITIVE_INFINITY);
  if (!Number.isFinite(stepUs) || stepUs < 1_000) throw new RefusedError(`${path}: the bars' interval can't be told from the first rows`, 'Say it, for example --interval 5m. Are these ticks? Then --kind ticks.');
  return Math.round(stepUs / 1_000);
}

/** A running recorder writes too: a busy store is tried again. */
async function writeWhenFree(store: HistoryStore, batch: StoreBatch, clock: WallClock): Promise<void> {
  for (let tries = 1; ; tries++) {
    try {
      return await store.write(batch);
    } catch (error) {
      if (!(error instanceof RetryError) || tries >= WRITE_TRIES) throw error;
      await clock.sleep(RETRY_MS);
    }
  }
}
