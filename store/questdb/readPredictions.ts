/**
 * Predictions with their outcomes, joined by the server: two answers of a range, each with its times, roles and models, take longer to write
 * and to parse than one (measured, 86,400 rows: 420 and 360 ms). It makes a table of all outcomes that it is given, so the span of
 * the predictions that are wanted is asked first. Either may have been written first: neither waits for the other.
 */
import type { HistoryReader, JudgedPrediction } from '../history.ts';
import type { Database } from './database.ts';
import { literal } from './exec.ts';
import { readFloor } from './schema.ts';
import { columnOf, MARK, OUTCOME, PREDICTION, TIME } from './tables.ts';
import { newest, within } from './where.ts';

/** As they stand in `Tuple`, behind the time. */
const FIELDS = ['role', 'model', 'late', 'refPrice', 'retBps', 'loBps', 'hiBps', 'pUp'];
type Tuple = readonly [number, string, string, boolean, number | null, number | null, number | null, number | null, number | null, number | null];

export function createPredictionsReader(db: Database): HistoryReader['predictions'] {
  const [predictions, outcomes] = [`"${db.named(PREDICTION)}"`, `"${db.named(OUTCOME)}"`];
  const columns = FIELDS.map((field) => `"${columnOf(field)}"`);
  const joined = (where: string, limit: number): string => `
    SELECT cast(p."${TIME}" AS long), ${columns.map((column) => `p.${column}`).join(', ')}, o."realised_bps"
    FROM (SELECT "${TIME}", ${columns.join(', ')} FROM ${predictions} ${where} ${newest(limit)}) p
    LEFT JOIN (SELECT "${TIME}", "role", "model", "realised_bps" FROM ${outcomes} ${where}) o ON o."${TIME}" = p."${TIME}" AND o."role" = p."role" AND o."model" = p."model"
    ORDER BY p."${TIME}"`;

  return async (universe, instrument, horizonMs, fromTs, toTs, limit) => {
    if (limit < 1) return [];
    await db.applied(PREDICTION, OUTCOME, MARK);
    const of = `"universe" = ${literal(universe)} AND "instrument" = ${literal(instrument)} AND "horizon_ms" = ${literal(horizonMs)}`;
    const [floor, [span]] = await Promise.all([
      readFloor(db, PREDICTION),
      db.exec.tuples(`SELECT cast(min("${TIME}") AS long), cast(max("${TIME}") AS long) FROM (SELECT "${TIME}" FROM ${predictions} WHERE ${within(TIME, fromTs, toTs)} AND ${of} ${newest(limit)})`),
    ]);
    const [oldest, youngest] = (span ?? [null, null]) as [number | null, number | null];
    if (oldest === null || youngest === null) return [];
    const rows = await db.exec.tuples(joined(`WHERE ${within(TIME, Math.max(floor, oldest), youngest)} AND ${of}`, limit)) as unknown as readonly Tuple[];
    return rows.map(([frameTs, role, model, late, refPrice, retBps, loBps, hiBps, pUp, realisedBps]): JudgedPrediction => (
      { universe, instrument, horizonMs, frameTs, role, model, late, refPrice, retBps, loBps, hiBps, pUp, realisedBps }));
  };
}
