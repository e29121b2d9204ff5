/** All of a history, for whoever takes it elsewhere. What was pruned and still stands in a partition is left out. */
import { type BarRow, type HistoryReader, type OutcomeRow, type PredictionRow, PRUNED_BAR_MS, type ScoreRow, type Series, type WholeHistory } from '../history.ts';
import { wholeTimes } from '../wholeTimes.ts';
import type { Database } from './database.ts';
import { literal } from './exec.ts';
import { readCursors, readFloor } from './schema.ts';
import { BAR_1S, BAR_LONG, FEED, MARK, MODEL_EVENT, OUTCOME, PREDICTION, SCORE_POOLED, SCORE_SYMBOL, type Table, TIME, timeField } from './tables.ts';
import { within } from './where.ts';

const BAR_FIELDS = ['instrument', 'intervalMs', 'ts', 'open', 'high', 'low', 'close', 'volume', 'trades'] as const;

export function createWhole(db: Database): Omit<WholeHistory, keyof HistoryReader> {
  /** Several tables are read as one. */
  async function* chunks<Row>(tables: readonly Table[], where: string, fromTs: number, fields?: readonly (keyof Row & string)[]): AsyncGenerator<Row[]> {
    await db.applied(...tables, MARK);
    const parts = await Promise.all(tables.map(async (table) => ({ table, floor: await readFloor(db, table) })));
    const span = (floor: number, from: number, to: number): string => `WHERE ${within(TIME, Math.max(floor, from), to)}${where}`;
    yield* wholeTimes<Row>({
      async timeAt(from, skip) {
        const found = await Promise.all(parts.map(({ table, floor }) => db.tuples(table, `${span(floor, from, Number.MAX_SAFE_INTEGER)} ORDER BY "${TIME}" LIMIT ${literal(skip)}, ${literal(skip + 1)}`, [timeField(table)])));
        const times = found.flatMap((rows) => rows.map(([ts]) => ts as number));
        return times.length === 0 ? null : Math.min(...times);
      },
      rows: async (from, to) => (await Promise.all(parts.map(({ table, floor }) => (floor > to ? [] : db.select<Row>(table, span(floor, from, to), fields))))).flat(),
    }, fromTs);
  }
  return {
    async contents() {
      await db.applied(MARK, FEED, SCORE_SYMBOL, SCORE_POOLED, MODEL_EVENT, BAR_1S, BAR_LONG);
      const distinct = async (table: Table, fields: readonly string[], rest = '') => db.exec.tuples(`SELECT DISTINCT ${fields.map((field) => `"${field}"`).join(', ')} FROM "${db.named(table)}" ${rest}`);
      const floor = await readFloor(db, BAR_1S);
      const series = [...await distinct(BAR_1S, ['instrument', 'interval_ms'], `WHERE "${TIME}" >= ${literal(floor)}`), ...await distinct(BAR_LONG, ['instrument', 'interval_ms'])];
      const universes = (await Promise.all([SCORE_SYMBOL, SCORE_POOLED, MODEL_EVENT].map((table) => distinct(table, ['universe'])))).flat();
      return {
        cursors: await readCursors(db),
        feeds: (await distinct(FEED, ['name'])).map(([name]) => name as string).sort(),
        universes: [...new Set(universes.map(([name]) => name as string))].sort(),
        series: series.map(([instrument, intervalMs]): Series => ({ instrument: instrument as string, intervalMs: intervalMs as number }))
          .sort((a, b) => (a.instrument < b.instrument ? -1 : a.instrument > b.instrument ? 1 : a.intervalMs - b.intervalMs)),
      };
    },
    allBars: ({ instrument, intervalMs }, fromTs) => chunks<BarRow>([intervalMs === PRUNED_BAR_MS ? BAR_1S : BAR_LONG], ` AND "instrument" = ${literal(instrument)} AND "interval_ms" = ${literal(intervalMs)}`, fromTs, BAR_FIELDS),
    allPredictions: (fromTs) => chunks<PredictionRow>([PREDICTION], '', fromTs),
    allOutcomes: (fromTs) => chunks<OutcomeRow>([OUTCOME], '', fromTs),
    allScores: (universe, fromTs) => chunks<ScoreRow>([SCORE_SYMBOL, SCORE_POOLED], ` AND "universe" = ${literal(universe)}`, fromTs),
  };
}
