/**
 * Gradient-boosted trees: shallow, slow, strongly regularised, deterministic. Each sample is given twice, as it is and
 * mirrored (signed features and target negated), which takes away bets on drift and doubles the data.
 */
import { setImmediate as breathe } from 'node:timers/promises';
import { addTrees, nextFloat32, parseTrees, thresholdsOf } from '../onnx/trees.ts';
import { directionalColumns, type Fit } from './learner.ts';
import type { Lightgbm } from './lightgbmLibrary.ts';

const ROUNDS = 60;
/** Trees between two moments for the event loop. */
const BREATHE_EVERY = 10;
/** Splits whose edges are tried when the export is checked. */
const MAX_EDGES = 1_000;

const parametersFor = (n: number, seed: number): string => Object.entries({
  objective: 'regression', boost_from_average: false, learning_rate: 0.08, num_leaves: 12, min_data_in_leaf: Math.max(100, Math.floor(n / 100)),
  feature_fraction: 0.3, bagging_fraction: 0.6, bagging_freq: 1, lambda_l2: 20, max_bin: 63,
  deterministic: true, force_row_wise: true, num_threads: 1, seed, verbosity: -1,
}).map(([name, value]) => `${name}=${value}`).join(' ');

export const fitLightgbm = (library: Lightgbm, seed: number): Fit => async (frames, rows, target) => {
  const width = frames.features.length;
  const { columns, signed } = directionalColumns(frames, rows);
  const x = pick(rows, width, columns);
  const { mirrored, targets } = mirror(x, target, signed);
  const booster = library.booster(mirrored, columns.length, targets, parametersFor(targets.length, seed));
  for (let round = 1; round <= ROUNDS; round++) {
    if (booster.update()) break;
    if (round % BREATHE_EVERY === 0) await breathe();
  }
  const trees = parseTrees(booster.dump());
  return {
    predict: (all) => booster.predict(pick(all, width, columns), columns.length),
    toOnnx: (graph) => addTrees(graph, trees, graph.columns(columns)),
    edgeRows: () => edgeRowsOf(thresholdsOf(trees).slice(0, MAX_EDGES), columns, rows, width),
    release: () => booster.free(),
  };
};

function pick(rows: Float32Array, width: number, columns: readonly number[]): Float32Array {
  const n = rows.length / width;
  const out = new Float32Array(n * columns.length);
  for (let r = 0; r < n; r++) for (let c = 0; c < columns.length; c++) out[r * columns.length + c] = rows[r * width + columns[c]!]!;
  return out;
}

function mirror(x: Float32Array, target: Float64Array, signed: readonly boolean[]): { mirrored: Float32Array; targets: Float32Array } {
  const k = signed.length;
  const mirrored = new Float32Array(x.length * 2);
  const targets = new Float32Array(target.length * 2);
  mirrored.set(x);
  targets.set(target);
  for (let i = 0; i < x.length; i++) mirrored[x.length + i] = signed[i % k] ? -x[i]! : x[i]!;
  for (let i = 0; i < target.length; i++) targets[target.length + i] = -target[i]!;
  return { mirrored, targets };
}

/** Real rows with one feature at a threshold, or a float32 beside it. */
function edgeRowsOf(thresholds: readonly { feature: number; value: number }[], columns: readonly number[], rows: Float32Array, width: number): Float32Array {
  const n = rows.length / width;
  const out = new Float32Array(thresholds.length * 3 * width);
  thresholds.forEach(({ feature, value }, i) => {
    const base = (i * 7_919) % n;
    [value, nextFloat32(value, 1), nextFloat32(value, -1)].forEach((edge, j) => {
      const at = (i * 3 + j) * width;
      out.set(rows.subarray(base * width, (base + 1) * width), at);
      out[at + columns[feature]!] = edge;
    });
  });
  return out;
}
