/**
 * The one-slope rule, and the yardstick of every other model:
 *
 *   ret_bps = slope · imb_top · √(spread_bps · vol_ewma_60s)
 *
 * imb_top · spread_bps / 2 is the microprice less the mid. On a market whose tick is small the move that an imbalance
 * foretells grows with volatility instead, and one wide spread would carry the whole slope; the geometric mean of both
 * sizes serves both (measured by walk-forward on every recording and the simulator: never far from the best of the
 * spread, the volatility and their mean). One slope for all symbols, no intercept, each row weighted by 1/volatility².
 */
import { columnOf, type Samples, scaleOf, SCALE_FEATURE, type TrainingFrames } from '../dataset.ts';

export const RULE_FEATURES = ['imb_top', 'spread_bps', SCALE_FEATURE] as const;

/** The rule's signal, bps, for each row; 0 where the book isn't known. */
export function ruleSignal(frames: TrainingFrames, rows: Int32Array): Float64Array {
  const width = frames.features.length;
  const [imbalance, spread, scale] = RULE_FEATURES.map((name) => columnOf(frames, name)) as [number, number, number];
  if (imbalance < 0 || spread < 0) return new Float64Array(rows.length);
  return Float64Array.from(rows, (row) => {
    const at = row * width;
    const signal = frames.rows[at + imbalance]! * Math.sqrt(Math.max(0, frames.rows[at + spread]!) * scaleOf(frames.rows[at + scale]!));
    return Number.isNaN(signal) ? 0 : signal;
  });
}

/** Least squares through the origin. 0 where there is nothing to learn from. */
export function fitSlope(signal: Float64Array, samples: Samples): number {
  let product = 0;
  let square = 0;
  for (let i = 0; i < signal.length; i++) {
    const x = signal[i]! / samples.scale[i]!;
    product += (x * samples.y[i]!) / samples.scale[i]!;
    square += x * x;
  }
  return square > 0 ? product / square : 0;
}
