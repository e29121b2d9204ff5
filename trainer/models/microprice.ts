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
import type { GraphBuilder } from '../onnx/graph.ts';
import { type Samples, SCALE_FEATURE, SCALE_FLOOR_BPS, scaleOf } from '../dataset.ts';

export const RULE_FEATURES = ['imb_top', 'spread_bps', SCALE_FEATURE] as const;

const ruleColumns = (features: readonly string[]): [number, number, number] => RULE_FEATURES.map((name) => features.indexOf(name)) as [number, number, number];

/** The rule's signal, bps, for each of the row-major rows; 0 where the book isn't known. */
export function ruleSignal(features: readonly string[], rows: Float32Array): Float64Array {
  const width = features.length;
  const [imbalance, spread, scale] = ruleColumns(features);
  return Float64Array.from({ length: rows.length / width }, (_, r) => {
    const at = r * width;
    const signal = rows[at + imbalance]! * Math.sqrt(Math.max(0, rows[at + spread]!) * scaleOf(rows[at + scale]!));
    return Number.isNaN(signal) ? 0 : signal;
  });
}

/** Volatility, floored, as a [N, 1] tensor. */
export function scaleToOnnx(graph: GraphBuilder, features: readonly string[]): string {
  return graph.node('Max', [graph.nanTo(graph.column(features.indexOf(SCALE_FEATURE)), SCALE_FLOOR_BPS), graph.scalar(SCALE_FLOOR_BPS)]);
}

/** slope · signal as a [N, 1] tensor. */
export function ruleToOnnx(graph: GraphBuilder, features: readonly string[], slope: number): string {
  const [imbalance, spread] = ruleColumns(features);
  const width = graph.node('Max', [graph.nanTo(graph.column(spread), 0), graph.scalar(0)]);
  const root = graph.node('Sqrt', [graph.node('Mul', [width, scaleToOnnx(graph, features)])]);
  return graph.node('Mul', [graph.node('Mul', [graph.nanTo(graph.column(imbalance), 0), root]), graph.scalar(slope)]);
}

/** Least squares through the origin. 0 where there is nothing to learn from. */
export function fitSlope(signal: Float64Array, samples: Pick<Samples, 'y' | 'scale'>): number {
  let product = 0;
  let square = 0;
  for (let i = 0; i < signal.length; i++) {
    const x = signal[i]! / samples.scale[i]!;
    product += (x * samples.y[i]!) / samples.scale[i]!;
    square += x * x;
  }
  return square > 0 ? Math.fround(product / square) : 0;
}
