/**
 * A model family: how it learns, how it forecasts natively, and how it becomes part of an ONNX graph. Forecasts are in
 * bps. Every family but `zero` starts from the one-slope microprice rule and learns what that leaves over.
 */
import type { GraphBuilder } from '../onnx/graph.ts';
import type { Samples } from '../dataset.ts';

export type FamilyName = 'zero' | 'microprice' | 'ridge' | 'lightgbm';

export interface Fitted {
  /** Expected returns of row-major rows (all features of the frame), bps. */
  predict(rows: Float32Array, n: number): Float64Array;
  /** Adds its nodes; the name of a float [N, 1] tensor in bps comes back. */
  toOnnx(graph: GraphBuilder): string;
  /** Rows that try its edges: exactly at thresholds, a float32 above and below. Frame-wide. */
  edgeRows(width: number): Float32Array;
  /** Frees what the garbage collector can't. */
  release(): void;
}

export interface Family {
  readonly name: FamilyName;
  fit(samples: Samples, which: Uint32Array): Fitted;
}
