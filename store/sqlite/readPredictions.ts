/**
 * Predictions of one instrument, newest first by frame. The table is in order of time, so among many rows a frame a read walks the
 * frames backwards and seeks the instrument in each: two seeks a frame. Where frames have few rows, reading them all is faster. It does
 * so an hour at a time, and lets others run between.
 */
import { setImmediate } from 'node:timers/promises';
import type { DatabaseSync } from 'node:sqlite';
import type { JudgedPrediction } from '../history.ts';
import { guarded } from './errors.ts';
import type { Names } from './names.ts';

const WINDOW_US = 3_600_000_000;
/** Rows of a frame that are read as fast as it takes to find the frame before and to seek one of its rows (measured: 15 to 20). */
const FEW_ROWS = 16;
/** Looked at at both ends of a window: enough that frames of another grid between them show. */
const SAMPLE_ROWS = 512;

/** As arrays: see read.ts. */
type RawPrediction = [
  frameTs: number, role: string, model: number, late: number, refPrice: number | null, retBps: number | null, loBps: number | null, hiBps: number | null, pUp: number | null, realisedBps: number | null,
];

export type PredictionsReader = (universe: string, instrument: string, horizonMs: number, fromTs: number, toTs: number, limit: number) => Promise<JudgedPrediction[]>;

const COLUMNS = 'p.frame_ts, p.role, p.model, p.late, p.ref_price, p.ret_bps, p.lo_bps, p.hi_bps, p.p_up, o.realised_bps';
const WITH_OUTCOME = `LEFT JOIN outcome o
  ON o.predicted_ts = p.frame_ts AND o.universe = p.universe AND o.horizon_ms = p.horizon_ms AND o.instrument = p.instrument AND o.role = p.role AND o.model = p.model`;
const ASKED = 'p.universe = ?3 AND p.horizon_ms = ?4 AND p.instrument = ?5';

/** Not sorted: the recursion runs from the newest frame back, so the limit ends it early. Sorting would walk the whole window first. */
const SEEKING = `
  WITH RECURSIVE frame (ts) AS (
    SELECT ?2 UNION ALL
    SELECT (SELECT frame_ts FROM prediction WHERE frame_ts < frame.ts ORDER BY frame_ts DESC LIMIT 1) FROM frame WHERE frame.ts >= ?1)
  SELECT ${COLUMNS} FROM frame CROSS JOIN prediction p ON p.frame_ts = frame.ts AND ${ASKED} ${WITH_OUTCOME} WHERE frame.ts >= ?1 LIMIT ?6`;
const READING_ALL = `SELECT ${COLUMNS} FROM prediction p ${WITH_OUTCOME} WHERE p.frame_ts BETWEEN ?1 AND ?2 AND ${ASKED} ORDER BY p.frame_ts DESC LIMIT ?6`;
const FRAMES_OF_SAMPLES = `SELECT min(
  (SELECT count(DISTINCT frame_ts) FROM (SELECT frame_ts FROM prediction WHERE frame_ts <= ?2 ORDER BY frame_ts DESC LIMIT ${SAMPLE_ROWS})),
  (SELECT count(DISTINCT frame_ts) FROM (SELECT frame_ts FROM prediction WHERE frame_ts >= ?1 ORDER BY frame_ts LIMIT ${SAMPLE_ROWS}))) AS frames`;

export function createPredictionsReader(db: DatabaseSync, names: Names, path: string): PredictionsReader {
  const newestFrame = db.prepare('SELECT max(frame_ts) AS ts FROM prediction WHERE frame_ts <= ?');
  const samples = db.prepare(FRAMES_OF_SAMPLES);
  const [seeking, readingAll] = [db.prepare(SEEKING), db.prepare(READING_ALL)];
  for (const statement of [seeking, readingAll]) statement.setReturnArrays(true);
  const hasFewRows = (from: number, to: number): boolean => (samples.get(from, to) as { frames: number }).frames * FEW_ROWS >= SAMPLE_ROWS;

  return async (universe, instrument, horizonMs, fromTs, toTs, limit) => {
    const ids = guarded(path, () => [names.find(universe), names.find(instrument)] as const);
    if (ids[0] === null || ids[1] === null) return [];
    const toRow = ([frameTs, role, model, late, refPrice, retBps, loBps, hiBps, pUp, realisedBps]: RawPrediction): JudgedPrediction => (
      { universe, instrument, horizonMs, frameTs, role, model: names.text(model), late: late === 1, refPrice, retBps, loBps, hiBps, pUp, realisedBps });
    const found: JudgedPrediction[] = [];
    let to = toTs;
    while (found.length < limit) {
      const newest = guarded(path, () => (newestFrame.get(to) as { ts: number | null }).ts);
      if (newest === null || newest < fromTs) break;
      const from = Math.max(fromTs, newest - WINDOW_US);
      // Rows are made window by window: what lives only as long as that is cheap for the garbage collector.
      guarded(path, () => {
        const statement = hasFewRows(from, newest) ? readingAll : seeking;
        for (const raw of statement.all(from, newest, ids[0], horizonMs, ids[1], limit - found.length)) found.push(toRow(raw as unknown as RawPrediction));
      });
      to = from - 1;
      await setImmediate();
    }
    return found.reverse();
  };
}
