/** Reading: the newest `limit` of a range, oldest first. A table or name that was never stored has no rows. */
import { parseModelEvent } from '../../streams/messages/model.ts';
import { tickSubject } from '../../streams/subjects.ts';
import type { BarRow, FeedRow, HistoryReader, JudgedPrediction, OutcomeRow, PredictionRow, ScoreRow } from '../history.ts';
import { toBytes } from './bytes.ts';
import { type Cells, type Exec, literal } from './exec.ts';
import { cursorMark, floorMark, readMarks } from './schema.ts';
import { BAR_1S, BAR_LONG, feedTable, MODEL_EVENT, OUTCOME, PREDICTION, SCORE_POOLED, SCORE_SYMBOL, selectFrom, TIME } from './tables.ts';

const CHUNK_ROWS = 5_000;
/**
 * `ticks` looks this far past its range, by position, for messages whose own time lies behind: what a clock that was set back makes.
 * One that is later still is found by its sequence, and not by its time. Without a bound each call would scan to the table's end.
 */
const LATEST_US = 24 * 3_600_000_000;
const encoder = new TextEncoder();

type RawFeedRow = { seq: number; subject: string; tsInit: number; body: string; position: number };
const toFeedRow = ({ seq, subject, tsInit, body }: RawFeedRow): FeedRow => ({ seq, subject, tsInit, body: toBytes(body) });
/** Not BETWEEN: QuestDB's swaps bounds that stand the wrong way round, and an empty range must stay empty. It refuses times before 1970, where nothing is. */
const within = (column: string, from: number, to: number): string => `"${column}" >= ${literal(Math.max(0, from))} AND "${column}" <= ${literal(Math.max(0, to))}`;
const newest = (limit: number): string => `ORDER BY "${TIME}" DESC LIMIT ${literal(limit)}`;

export function createReader(exec: Exec, history: string): Omit<HistoryReader, 'close'> {
  const find = async <Row>(sql: string): Promise<Row[]> => (await exec.rows(sql)) as unknown as Row[];
  const floor = async (table: string): Promise<number> => (await readMarks(exec, history, [floorMark(table)])).get(floorMark(table)) ?? 0;

  return {
    cursor: async (stream) => (await readMarks(exec, history, [cursorMark(stream)])).get(cursorMark(stream)) ?? 0,
    feedRows: (feed, fromSeq, toSeq = Number.MAX_SAFE_INTEGER) => feedChunks(exec, history, feed, fromSeq, toSeq, floor),
    async ticks(feed, instrument, fromTs, toTs, limit) {
      if (limit < 1 || toTs < fromTs) return [];
      const table = feedTable(feed);
      const rows = await find<RawFeedRow>(`${selectFrom(history, table)} WHERE ${within(TIME, fromTs, toTs + LATEST_US)} AND "subject" = ${literal(tickSubject(feed, instrument))}
        AND ${within('ts_init', fromTs, toTs)} AND "seq" >= ${literal(await floor(table.name))} ${newest(limit)}`);
      return rows.reverse().map(toFeedRow);
    },
    async bars(instrument, intervalMs, fromTs, toTs, limit) {
      if (limit < 1) return [];
      const table = intervalMs === 1_000 ? BAR_1S : BAR_LONG;
      const from = Math.max(fromTs, await floor(table.name));
      const rows = await find<BarRow>(`${selectFrom(history, table)} WHERE ${within(TIME, from, toTs)} AND "instrument" = ${literal(instrument)} AND "interval_ms" = ${literal(intervalMs)} ${newest(limit)}`);
      return rows.reverse();
    },
    predictions: (universe, instrument, horizonMs, fromTs, toTs, limit) => judged(exec, history, `"universe" = ${literal(universe)} AND "instrument" = ${literal(instrument)} AND "horizon_ms" = ${literal(horizonMs)}`, async () => Math.max(fromTs, await floor(PREDICTION.name)), toTs, limit),
    async scores(universe, atTs) {
      const from = await floor(SCORE_SYMBOL.name);
      const tables = [{ table: SCORE_SYMBOL, from }, { table: SCORE_POOLED, from: 0 }];
      const where = `"universe" = ${literal(universe)}`;
      const times = await Promise.all(tables.map(({ table, from }) => find<ScoreRow>(`${selectFrom(history, table, ['frameTs'])} WHERE ${within(TIME, from, atTs)} AND ${where} ${newest(1)}`)));
      const at = times.flat().reduce((max, row) => Math.max(max, row.frameTs), -1);
      const rows = at < 0 ? [] : (await Promise.all(tables.map(({ table, from }) => find<ScoreRow>(`${selectFrom(history, table)} WHERE ${within(TIME, Math.max(from, at), at)} AND ${where}`)))).flat();
      return rows.sort((a, b) => compare(a.model, b.model) || compare(a.role, b.role) || a.horizonMs - b.horizonMs || compare(a.symbol, b.symbol));
    },
    models: async (universe) => (await find<{ body: string }>(`${selectFrom(history, MODEL_EVENT, ['body', 'ordinal'])} WHERE "universe" = ${literal(universe)} ORDER BY "${TIME}"`)).map((row) => parseModelEvent(encoder.encode(row.body))),
  };
}

/** Position rises with the sequence, so after the first row each chunk is the next stretch of the table, read without sorting. */
async function* feedChunks(exec: Exec, history: string, feed: string, fromSeq: number, toSeq: number, floor: (table: string) => Promise<number>): AsyncGenerator<FeedRow[]> {
  const table = feedTable(feed);
  const select = selectFrom(history, table);
  const from = Math.max(fromSeq, await floor(table.name));
  let where = `"seq" >= ${literal(from)}`;
  for (;;) {
    const rows = (await exec.rows(`${select} WHERE ${where} AND "seq" <= ${literal(toSeq)} ORDER BY "${TIME}" LIMIT ${CHUNK_ROWS}`)) as unknown as RawFeedRow[];
    if (rows.length > 0) yield rows.map(toFeedRow);
    if (rows.length < CHUNK_ROWS) return;
    where = `"${TIME}" > ${literal(rows.at(-1)!.position)}`;
  }
}

/** Predictions first, then the outcomes of their span: either may have been written first, and neither table waits for the other. */
async function judged(exec: Exec, history: string, where: string, fromTs: () => Promise<number>, toTs: number, limit: number): Promise<JudgedPrediction[]> {
  if (limit < 1) return [];
  const predictions = (await exec.rows(`${selectFrom(history, PREDICTION)} WHERE ${within(TIME, await fromTs(), toTs)} AND ${where} ${newest(limit)}`)) as unknown as PredictionRow[];
  if (predictions.length === 0) return [];
  const span = within(TIME, predictions.at(-1)!.frameTs, predictions[0]!.frameTs);
  const outcomes = (await exec.rows(`${selectFrom(history, OUTCOME, ['predictedTs', 'role', 'model', 'realisedBps'])} WHERE ${span} AND ${where}`)) as unknown as OutcomeRow[];
  const key = (ts: number, row: { role: string; model: string }): string => `${ts} ${row.role} ${row.model}`;
  const realised = new Map(outcomes.map((row) => [key(row.predictedTs, row), row.realisedBps]));
  return predictions.reverse().map((row) => ({ ...row, realisedBps: realised.get(key(row.frameTs, row)) ?? null }));
}

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
