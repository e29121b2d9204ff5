/**
 * What training reads: the frames of a universe as columns, and for each horizon the rows that can be learned from.
 * Pure data; promote.ts makes the frames from the store through the feature code.
 */
import { labelsBps } from '../quant/labels.ts';
import { FLAG } from '../streams/messages/frame.ts';

export interface TrainingFrames {
  readonly features: readonly string[];
  /** May a directional model use this column? */
  readonly directional: readonly boolean[];
  /** Schema hash of the frames. */
  readonly schema: string;
  readonly instruments: readonly string[];
  readonly stepMs: number;
  /** Grid times, µs, ascending; gaps possible. */
  readonly ts: Float64Array;
  /** frames × symbols × features; NaN = not known. */
  readonly rows: Float32Array;
  /** frames × symbols; NaN = not known. */
  readonly mid: Float64Array;
  /** frames × symbols; FLAG bits. */
  readonly flags: Uint8Array;
}

/** The feature that targets, residuals and intervals are scaled by, bps per √s, and its floor. */
export const SCALE_FEATURE = 'vol_ewma_60s';
export const SCALE_FLOOR_BPS = 0.02;

/** Rows that one model is trained on at most; the newest are kept. 1,000,000 × 64 features are 256 MB. */
export const MAX_ROWS = 1_000_000;
/** A price that wasn't seen teaches nothing. */
const UNSEEN = FLAG.gap | FLAG.disconnected | FLAG.stale;

/** The rows of one horizon, in time order; a row is frame × symbols + symbol. Arrays of equal length. */
export interface Samples {
  readonly row: Int32Array;
  readonly symbol: Int32Array;
  /** Frame time, µs. */
  readonly ts: Float64Array;
  /** Label, bps. */
  readonly y: Float64Array;
  /** Causal volatility at the frame, floored, bps. */
  readonly scale: Float64Array;
}

export const columnOf = (frames: TrainingFrames, feature: string): number => frames.features.indexOf(feature);

/** Volatility of a row, never below the floor; the floor where it is not known yet. */
export const scaleOf = (value: number): number => (value >= SCALE_FLOOR_BPS ? value : SCALE_FLOOR_BPS);

export function samplesOf(frames: TrainingFrames, horizonMs: number): Samples {
  const symbols = frames.instruments.length;
  const width = frames.features.length;
  const scaleColumn = columnOf(frames, SCALE_FEATURE);
  const labels = labelsBps(frames.ts, frames.mid, horizonMs);
  const usable: number[] = [];
  for (let row = labels.length - 1; row >= 0 && usable.length < MAX_ROWS; row--) {
    if (Number.isFinite(labels[row]!) && (frames.flags[row]! & UNSEEN) === 0 && frames.rows[row * width + scaleColumn]! > 0) usable.push(row);
  }
  const row = Int32Array.from(usable.reverse());
  return {
    row,
    symbol: row.map((r) => r % symbols),
    ts: Float64Array.from(row, (r) => frames.ts[Math.floor(r / symbols)]!),
    y: Float64Array.from(row, (r) => labels[r]!),
    scale: Float64Array.from(row, (r) => scaleOf(frames.rows[r * width + scaleColumn]!)),
  };
}

/** The samples at these positions. */
export const pick = (samples: Samples, at: Int32Array): Samples => ({
  row: at.map((i) => samples.row[i]!),
  symbol: at.map((i) => samples.symbol[i]!),
  ts: Float64Array.from(at, (i) => samples.ts[i]!),
  y: Float64Array.from(at, (i) => samples.y[i]!),
  scale: Float64Array.from(at, (i) => samples.scale[i]!),
});
