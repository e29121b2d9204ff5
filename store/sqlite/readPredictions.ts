/**
 * Predictions of one instrument, newest first by frame. The table is in order of time, so a read walks the frames backwards
 * and seeks the instrument in each: two seeks a frame. It does so an hour at a time, and lets others run between.
 */
import { setImmediate } from 'node:timers/promises';
import type { DatabaseSync } from 'node:sqlite';
import type { JudgedPrediction } from '../history.ts';
import { guarded } from './errors.ts';
import type { Names } from './names.ts';

const WINDOW_US = 3_600_000_000;

/** As arrays: see read.ts. */
type RawPrediction = [
  frameTs: number, role: string, model: number, late: number, refPrice: number | null, retBps: number | null, loBps: number | null, hiBps: number | null, pUp: number | null, realisedBps: number | null,
];

export type PredictionsReader = (universe: string, instrument: string, horizonMs: number, fromTs: number, toTs: number, limit: number) => Promise<JudgedPrediction[]>;

export function createPredictionsReader(db: DatabaseSync, names: Names, path: string): PredictionsReader {
  const newestFrame = db.prepare('SELECT max(frame_ts) AS ts FROM prediction WHERE frame_ts <= ?');
  // Not sorted: the recursion runs from the newest frame back, so the limit ends it early. Sorting would walk the whole window first.
  const window = db.prepare(`
    WITH RECURSIVE frame (ts) AS (
      SELECT ?2 UNION ALL
      SELECT (SELECT max(frame_ts) FROM prediction WHERE frame_ts < frame.ts) FROM frame WHERE frame.ts >= ?1)
    SELECT p.frame_ts, p.role, p.model, p.late, p.ref_price, p.ret_bps, p.lo_bps, p.hi_bps, p.p_up, o.realised_bps
    FROM frame CROSS JOIN prediction p ON p.frame_ts = frame.ts AND p.universe = ?3 AND p.horizon_ms = ?4 AND p.instrument = ?5
    LEFT JOIN outcome o
      ON o.predicted_ts = p.frame_ts AND o.universe = p.universe AND o.horizon_ms = p.horizon_ms AND o.instrument = p.instrument AND o.role = p.role AND o.model = p.model
    WHERE frame.ts >= ?1 LIMIT ?6`);
  window.setReturnArrays(true);

  return async (universe, instrument, horizonMs, fromTs, toTs, limit) => {
    const found: RawPrediction[] = [];
    const ids = guarded(path, () => [names.find(universe), names.find(instrument)] as const);
    if (ids[0] === null || ids[1] === null) return [];
    let to = toTs;
    while (found.length < limit) {
      const newest = guarded(path, () => (newestFrame.get(to) as { ts: number | null }).ts);
      if (newest === null || newest < fromTs) break;
      const from = Math.max(fromTs, newest - WINDOW_US);
      found.push(...guarded(path, () => window.all(from, newest, ids[0], horizonMs, ids[1], limit - found.length) as unknown as RawPrediction[]));
      to = from - 1;
      await setImmediate();
    }
    return guarded(path, () => found.reverse().map(([frameTs, role, model, late, refPrice, retBps, loBps, hiBps, pUp, realisedBps]): JudgedPrediction => (
      { universe, instrument, horizonMs, frameTs, role, model: names.text(model), late: late === 1, refPrice, retBps, loBps, hiBps, pUp, realisedBps })));
  };
}
