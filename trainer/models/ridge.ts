/**
 * Ridge regression without intercept on standardised, clipped features; a missing value is the mean. λ counts in samples:
 * each coefficient starts with that many pseudo-samples at zero, so few rows give little.
 */
import { matrixOf } from '../dataset.ts';
import { type FitLearner, stacked } from './stacked.ts';

const LAMBDA_SAMPLES = 2_000;
/** Standardised features beyond this count as this. */
const CLIP = 4;

const fitRidge: FitLearner = (samples, which, target, columns) => {
  const k = columns.length;
  const x = matrixOf(samples, which, columns);
  const { mean, inverse } = standardiser(x, k);
  const z = new Float64Array(k);
  const gram = new Float64Array(k * k);
  const moment = new Float64Array(k);
  for (let r = 0; r < which.length; r++) {
    for (let c = 0; c < k; c++) z[c] = standard(x[r * k + c]!, mean[c]!, inverse[c]!);
    for (let a = 0; a < k; a++) {
      moment[a]! += z[a]! * target[r]!;
      for (let b = 0; b <= a; b++) gram[a * k + b]! += z[a]! * z[b]!;
    }
  }
  for (let a = 0; a < k; a++) gram[a * k + a]! += LAMBDA_SAMPLES;
  const weights = Float32Array.from(solveCholesky(gram, moment, k));
  return {
    predict(rows, n) {
      const width = rows.length / n;
      return Float64Array.from({ length: n }, (_, r) => {
        let sum = 0;
        for (let c = 0; c < k; c++) sum += weights[c]! * standard(rows[r * width + columns[c]!]!, mean[c]!, inverse[c]!);
        return sum;
      });
    },
    toOnnx(graph) {
      const centred = graph.node('Sub', [graph.columns(columns), graph.vector(mean)]);
      const standardised = graph.nanTo(graph.node('Mul', [centred, graph.vector(inverse)]), 0);
      return graph.node('MatMul', [graph.node('Clip', [standardised, graph.scalar(-CLIP, []), graph.scalar(CLIP, [])]), graph.vector(weights, [k, 1])]);
    },
    edgeRows: () => new Float32Array(0),
    release: () => undefined,
  };
};
export const ridge = stacked('ridge', fitRidge);

const standard = (value: number, mean: number, inverse: number): number => (Number.isNaN(value) ? 0 : Math.max(-CLIP, Math.min(CLIP, (value - mean) * inverse)));

/** Mean and 1/deviation of each column over its known values; a constant column gets 0. */
function standardiser(x: Float32Array, k: number): { mean: Float32Array; inverse: Float32Array } {
  const mean = new Float32Array(k);
  const inverse = new Float32Array(k);
  for (let c = 0; c < k; c++) {
    let n = 0;
    let m = 0;
    let m2 = 0;
    for (let at = c; at < x.length; at += k) {
      const value = x[at]!;
      if (!Number.isFinite(value)) continue;
      n += 1;
      const delta = value - m;
      m += delta / n;
      m2 += delta * (value - m);
    }
    mean[c] = m;
    inverse[c] = n > 1 && m2 / n > 1e-18 ? 1 / Math.sqrt(m2 / n) : 0;
  }
  return { mean, inverse };
}

/** Solves A·w = b for the symmetric positive definite A, given by its lower triangle, in place. */
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
