/**
 * Reading: the newest `limit` of a range, oldest first. A table or name that was never stored has no rows. Each read waits first until
 * its tables have applied what they had taken. What lies below a table's floor was pruned: it is the oldest of any range, so it is
 * cut off behind the query, and no query waits for the floor. Ranges come as arrays: objects by column name took as long as the query.
 */
import { parseModelEvent } from '../../streams/messages/model.ts';
import { tickSubject } from '../../streams/subjects.ts';
import { type BarRow, type FeedRow, type HistoryReader, PRUNED_BAR_MS, type ScoreRow } from '../history.ts';
import { toBytes } from './bytes.ts';
import type { Database } from './database.ts';
import { type Cell, literal } from './exec.ts';
import { positionsOf } from './places.ts';
import { createPredictionsReader } from './readPredictions.ts';
import { cursorMark, readFloor, readMark } from './schema.ts';
import { BAR_1S, BAR_LONG, feedTable, MARK, MODEL_EVENT, SCORE_POOLED, SCORE_SYMBOL, TIME } from './tables.ts';
import { newest, within } from './where.ts';

const CHUNK_ROWS = 5_000;
/**
 * `ticks` looks this far past its range, by position, for messages whose own time lies behind: what a clock that was set back makes.
 * One that is later still is found by its sequence, and not by its time. Without a bound each call would scan to the table's end.
 */
const LATEST_US = 24 * 3_600_000_000;
const encoder = new TextEncoder();

const FEED_FIELDS = ['seq', 'subject', 'tsInit', 'body', 'position'];
const toFeedRow = ([seq, subject, tsInit, body]: readonly Cell[]): FeedRow => ({ seq: seq as number, subject: subject as string, tsInit: tsInit as number, body: toBytes(body as string) });
const BAR_FIELDS = ['ts', 'open', 'high', 'low', 'close', 'volume', 'trades'];

export function createReader(db: Database): Omit<HistoryReader, 'close'> {
  return {
    async cursor(stream) {
      await db.applied(MARK);
      return (await readMark(db, cursorMark(stream))) ?? 0;
    },
    feedRows: (feed, fromSeq, toSeq = Number.MAX_SAFE_INTEGER) => feedChunks(db, feed, fromSeq, toSeq),
    async ticks(feed, instrument, fromTs, toTs, limit) {
      if (limit < 1 || toTs < fromTs) return [];
      const table = feedTable(feed);
      await db.applied(table, MARK);
      const [floor, rows] = await Promise.all([readFloor(db, table), db.tuples(table, `WHERE ${within(TIME, fromTs, toTs + LATEST_US)} AND "subject" = ${literal(tickSubject(feed, instrument))}
        AND ${within('ts_init', fromTs, toTs)} ${newest(limit)}`, FEED_FIELDS)]);
      return rows.toReversed().map(toFeedRow).filter(({ seq }) => seq >= floor);
    },
    bars: (instrument, intervalMs, fromTs, toTs, limit) => readBars(db, instrument, intervalMs, fromTs, toTs, limit),
    predictions: createPredictionsReader(db),
    scores: (universe, atTs) => newestScores(db, universe, atTs),
    async models(universe) {
      await db.applied(MODEL_EVENT);
      const events = await db.tuples(MODEL_EVENT, `WHERE "universe" = ${literal(universe)} ORDER BY "${TIME}"`, ['body']);
      return events.map(([body]) => parseModelEvent(encoder.encode(body as string)));
    },
  };
}

/** Position rises with the sequence, so each chunk is the next stretch of the table, read without sorting. */
async function* feedChunks(db: Database, feed: string, fromSeq: number, toSeq: number): AsyncGenerator<FeedRow[]> {
  const table = feedTable(feed);
  await db.applied(table, MARK);
  const firstSeq = Math.max(fromSeq, await readFloor(db, table));
  const span = await positionsOf(db, table, firstSeq, toSeq);
  if (span === null) return;
  for (let { from } = span; ; ) {
    const rows = await db.tuples(table, `WHERE ${within(TIME, from, span.to)} AND ${within('seq', firstSeq, toSeq)} ORDER BY "${TIME}" LIMIT ${CHUNK_ROWS}`, FEED_FIELDS);
    if (rows.length > 0) yield rows.map(toFeedRow);
    if (rows.length < CHUNK_ROWS) return;
    from = (rows.at(-1)![4] as number) + 1;
  }
}

async function readBars(db: Database, instrument: string, intervalMs: number, fromTs: number, toTs: number, limit: number): Promise<BarRow[]> {
  if (limit < 1) return [];
  const isSecond = intervalMs === PRUNED_BAR_MS;
  const table = isSecond ? BAR_1S : BAR_LONG;
  await db.applied(table, MARK);
  const of = `"instrument" = ${literal(instrument)}${isSecond ? '' : ` AND "interval_ms" = ${literal(intervalMs)}`}`;
  const [floor, rows] = await Promise.all([readFloor(db, table), db.tuples(table, `WHERE ${within(TIME, fromTs, toTs)} AND ${of} ${newest(limit)}`, BAR_FIELDS)]);
  const bars: BarRow[] = [];
  for (let i = rows.length - 1; i >= 0; i--) {
    const [ts, open, high, low, close, volume, trades] = rows[i] as number[] as [number, number, number, number, number, number, number];
    if (ts >= floor) bars.push({ instrument, intervalMs, ts, open, high, low, close, volume, trades });
  }
  return bars;
}

async function newestScores(db: Database, universe: string, atTs: number): Promise<ScoreRow[]> {
  await db.applied(SCORE_SYMBOL, SCORE_POOLED, MARK);
  const floors = new Map([[SCORE_SYMBOL, await readFloor(db, SCORE_SYMBOL)], [SCORE_POOLED, 0]]);
  const of = `"universe" = ${literal(universe)}`;
  let newestTs = -1;
  for (const [table, from] of floors) {
    const [row] = await db.tuples(table, `WHERE ${within(TIME, from, atTs)} AND ${of} ${newest(1)}`, ['frameTs']);
    newestTs = Math.max(newestTs, (row?.[0] as number | undefined) ?? -1);
  }
  const rows: ScoreRow[] = [];
  for (const [table, from] of floors) if (newestTs >= from) rows.push(...await db.select<ScoreRow>(table, `WHERE ${within(TIME, newestTs, newestTs)} AND ${of}`));
  return rows.sort((a, b) => compare(a.model, b.model) || compare(a.role, b.role) || a.horizonMs - b.horizonMs || compare(a.symbol, b.symbol));
}

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
