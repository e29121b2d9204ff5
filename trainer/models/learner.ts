/**
 * A learner adds to the one-slope rule: return = rule + weight · volatility · learner(features). It is fitted on what the
 * rule leaves over, in units of volatility, without intercept: there is no bet on drift.
 */
import type { TrainingFrames } from '../dataset.ts';
import type { GraphBuilder } from '../onnx/graph.ts';

export interface Learner {
  /** Scaled forecasts of `rows`, row-major and as wide as the frame. */
  predict(rows: Float32Array): Float64Array;
  /** Adds its nodes; the name of a float [N, 1] tensor comes back. */
  toOnnx(graph: GraphBuilder): string;
  /** Frame-wide rows that try its edges: a feature exactly at a threshold, one float32 above, one below. */
  edgeRows(): Float32Array;
  /** Frees what the garbage collector can't see. */
  release(): void;
}

/** `rows` row-major and as wide as the frame; `target` in units of volatility, one a row. Slow ones give way to the event loop now and then. */
export type Fit = (frames: Pick<TrainingFrames, 'features' | 'directional'>, rows: Float32Array, target: Float64Array) => Promise<Learner>;

/** A feature tells a direction only if it takes both signs: the rarer one has at least this share. */
const MIN_SIGN_SHARE = 0.1;

/** Columns that a directional model may use, and which of them take both signs. */
export function directionalColumns(frames: Pick<TrainingFrames, 'features' | 'directional'>, rows: Float32Array): { columns: number[]; signed: boolean[] } {
  const width = frames.features.length;
  const columns = frames.directional.flatMap((directional, i) => (directional ? [i] : []));
  const signed = columns.map((column) => {
    let positive = 0;
    let negative = 0;
    for (let at = column; at < rows.length; at += width) {
      if (rows[at]! > 0) positive += 1;
      else if (rows[at]! < 0) negative += 1;
    }
    return Math.min(positive, negative) >= MIN_SIGN_SHARE * (positive + negative) && positive + negative > 0;
  });
  return { columns, signed };
}
