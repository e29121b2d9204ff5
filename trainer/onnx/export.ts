/**
 * The trained parts as one ONNX file, and the proof that it is the same model: ONNX Runtime must agree with the native
 * forecasts on real rows, on rows exactly at split thresholds and a float32 beside them, and on rows with NaN.
 */
import { RefusedError } from '../../runtime/errors.ts';
import type { Learner } from '../models/learner.ts';
import { ruleSignal, ruleToOnnx, scaleToOnnx } from '../models/microprice.ts';
import { SCALE_FEATURE, scaleOf } from '../dataset.ts';
import { createGraph } from './graph.ts';

/** One horizon of a trained model. */
export interface Part { readonly horizonMs: number; readonly slope: number; readonly weight: number; readonly learner: Learner | null }

export function exportOnnx(features: readonly string[], parts: readonly Part[]): Uint8Array {
  const graph = createGraph(features.length);
  const outputs = parts.map((part) => {
    const rule = ruleToOnnx(graph, features, part.slope);
    if (part.learner === null) return rule;
    const extra = graph.node('Mul', [graph.node('Mul', [part.learner.toOnnx(graph), scaleToOnnx(graph, features)]), graph.scalar(part.weight)]);
    return graph.node('Add', [rule, extra]);
  });
  return graph.finish(outputs.length === 1 ? outputs[0]! : graph.node('Concat', outputs, { axis: { int: 1 } }), parts.length, 'foretick');
}

/** The same forecasts without ONNX: rows × parts, bps. */
export function predictNatively(features: readonly string[], parts: readonly Part[], rows: Float32Array): Float64Array {
  const width = features.length;
  const n = rows.length / width;
  const scaleColumn = features.indexOf(SCALE_FEATURE);
  const signal = ruleSignal(features, rows);
  const out = new Float64Array(n * parts.length);
  parts.forEach((part, p) => {
    const extra = part.learner?.predict(rows);
    for (let r = 0; r < n; r++) out[r * parts.length + p] = part.slope * signal[r]! + (extra === undefined ? 0 : part.weight * extra[r]! * scaleOf(rows[r * width + scaleColumn]!));
  });
  return out;
}

/** float32 sums of up to a few hundred leaves: relative error ~1e-6; a wrong branch is orders of magnitude more. */
const TOLERANCE = 1e-4;

/** Throws RefusedError at the first forecast that differs. */
export function mustEqual(native: Float64Array, onnx: Float32Array, scaleBps: number): void {
  for (let i = 0; i < native.length; i++) {
    const off = Math.abs(native[i]! - onnx[i]!);
    if (!(off <= TOLERANCE * (Math.abs(native[i]!) + scaleBps))) {
      throw new RefusedError(`the exported model differs from the trained one: ${onnx[i]} for ${native[i]} bps (forecast ${i})`, 'This is a defect of the export; the model is not registered.');
    }
  }
}

/** Rows with NaN sprinkled in, one column after the other, and one all NaN. */
export function nanRows(rows: Float32Array, width: number): Float32Array {
  const n = Math.min(width + 1, rows.length / width);
  const out = rows.slice(0, n * width);
  for (let r = 0; r < n; r++) {
    if (r === width) out.fill(NaN, r * width, (r + 1) * width);
    else out[r * width + r] = NaN;
  }
  return out;
}
