/**
 * Ridge regression through the origin on features that take both signs, divided by their root mean square and clipped; a
 * missing value is 0. λ counts in samples: each coefficient starts with that many pseudo-samples at zero, so few rows
 * give little.
 */
import { directionalColumns, type Fit } from './learner.ts';

const LAMBDA_SAMPLES = 1_000;
/** Features beyond this many root mean squares count as this many. */
const CLIP = 4;

export const fitRidge: Fit = async (frames, rows, target) => {
  const width = frames.features.length;
  const { columns: all, signed } = directionalColumns(frames, rows);
  const columns = all.filter((_, i) => signed[i]);
  const k = columns.length;
  const inverse = Float32Array.from(columns, (column) => inverseRms(rows, width, column));
  const { gram, moment } = moments(rows, width, columns, inverse, target);
  for (let a = 0; a < k; a++) gram[a * k + a]! += LAMBDA_SAMPLES;
  const weights = Float32Array.from(solveCholesky(gram, moment, k));
  return {
    predict: (x) => Float64Array.from({ length: x.length / width }, (_, r) => {
      let sum = 0;
      for (let c = 0; c < k; c++) sum += weights[c]! * standard(x[r * width + columns[c]!]!, inverse[c]!);
      return sum;
    }),
    toOnnx(graph) {
      const scaled = graph.nanTo(graph.node('Mul', [graph.columns(columns), graph.vector(inverse)]), 0);
      return graph.node('MatMul', [graph.node('Clip', [scaled, graph.scalar(-CLIP, []), graph.scalar(CLIP, [])]), graph.vector(weights, [k, 1])]);
    },
    edgeRows: () => new Float32Array(0),
    release: () => undefined,
  };
};

const standard = (value: number, inverse: number): number => (Number.isNaN(value) ? 0 : Math.max(-CLIP, Math.min(CLIP, value * inverse)));

function inverseRms(rows: Float32Array, width: number, column: number): number {
  let n = 0;
  let square = 0;
  for (let at = column; at < rows.length; at += width) {
    const value = rows[at]!;
    if (!Number.isFinite(value)) continue;
    n += 1;
    square += value * value;
  }
  return square > 0 ? Math.sqrt(n / square) : 0;
}

function moments(rows: Float32Array, width: number, columns: readonly number[], inverse: Float32Array, target: Float64Array): { gram: Float64Array; moment: Float64Array } {
  const k = columns.length;
  const z = new Float64Array(k);
  const gram = new Float64Array(k * k);
  const moment = new Float64Array(k);
  for (let r = 0; r < target.length; r++) {
    for (let c = 0; c < k; c++) z[c] = standard(rows[r * width + columns[c]!]!, inverse[c]!);
    for (let a = 0; a < k; a++) {
      moment[a]! += z[a]! * target[r]!;
      for (let b = 0; b <= a; b++) gram[a * k + b]! += z[a]! * z[b]!;
    }
  }
  return { gram, moment };
}

/** Solves A·w = b for the symmetric positive definite A, given by its lower triangle; A is overwritten by its factor. */
function solveCholesky(a: Float64Array, b: Float64Array, k: number): Float64Array {
  for (let i = 0; i < k; i++) {
    for (let j = 0; j <= i; j++) {
      let sum = a[i * k + j]!;
      for (let p = 0; p < j; p++) sum -= a[i * k + p]! * a[j * k + p]!;
      a[i * k + j] = i === j ? Math.sqrt(sum) : sum / a[j * k + j]!;
    }
  }
  const w = Float64Array.from(b);
  for (let i = 0; i < k; i++) {
    for (let p = 0; p < i; p++) w[i]! -= a[i * k + p]! * w[p]!;
    w[i]! /= a[i * k + i]!;
  }
  for (let i = k - 1; i >= 0; i--) {
    for (let p = i + 1; p < k; p++) w[i]! -= a[p * k + i]! * w[p]!;
    w[i]! /= a[i * k + i]!;
  }
  return w;
}
