/**
 * Predictions with their outcomes. Predictions first, then the outcomes of their span: either may have been written first, and neither
 * table waits for the other. Both come newest first, so they are joined by walking them side by side.
 */
import type { HistoryReader, JudgedPrediction } from '../history.ts';
import type { Database } from './database.ts';
import { literal } from './exec.ts';
import { readFloor } from './schema.ts';
import { MARK, OUTCOME, PREDICTION, TIME } from './tables.ts';
import { newest, within } from './where.ts';

const PREDICTION_FIELDS = ['frameTs', 'role', 'model', 'late', 'refPrice', 'retBps', 'loBps', 'hiBps', 'pUp'];
const OUTCOME_FIELDS = ['predictedTs', 'role', 'model', 'realisedBps'];
type PredictionTuple = readonly [number, string, string, boolean, number | null, number | null, number | null, number | null, number | null];
type OutcomeTuple = readonly [number, string, string, number | null];

export function createPredictionsReader(db: Database): HistoryReader['predictions'] {
  return async (universe, instrument, horizonMs, fromTs, toTs, limit) => {
    if (limit < 1) return [];
    await db.applied(PREDICTION, OUTCOME, MARK);
    const of = `"universe" = ${literal(universe)} AND "instrument" = ${literal(instrument)} AND "horizon_ms" = ${literal(horizonMs)}`;
    const [floor, predictions] = await Promise.all([readFloor(db, PREDICTION), db.tuples(PREDICTION, `WHERE ${within(TIME, fromTs, toTs)} AND ${of} ${newest(limit)}`, PREDICTION_FIELDS)]);
    if (predictions.length === 0) return [];
    const span = within(TIME, Math.max(floor, predictions.at(-1)![0] as number), predictions[0]![0] as number);
    const outcomes = await db.tuples(OUTCOME, `WHERE ${span} AND ${of} ORDER BY "${TIME}" DESC`, OUTCOME_FIELDS);
    const realised = createMatcher(outcomes as unknown as readonly OutcomeTuple[]);
    const judged: JudgedPrediction[] = [];
    for (const [frameTs, role, model, late, refPrice, retBps, loBps, hiBps, pUp] of predictions as unknown as readonly PredictionTuple[]) {
      if (frameTs < floor) break;
      judged.push({ universe, instrument, horizonMs, frameTs, role, model, late, refPrice, retBps, loBps, hiBps, pUp, realisedBps: realised(frameTs, role, model) });
    }
    return judged.reverse();
  };
}

/** To be asked with falling times. null where there is no outcome yet. */
function createMatcher(outcomes: readonly OutcomeTuple[]): (ts: number, role: string, model: string) => number | null {
  let first = 0;
  return (ts, role, model) => {
    while (first < outcomes.length && outcomes[first]![0] > ts) first += 1;
    for (let i = first; i < outcomes.length && outcomes[i]![0] === ts; i++) {
      if (outcomes[i]![1] === role && outcomes[i]![2] === model) return outcomes[i]![3];
    }
    return null;
  };
}
