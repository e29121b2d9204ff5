import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openSession, type Session } from '../../inference/runtime.ts';
import { RefusedError } from '../../runtime/errors.ts';
import { createRandom } from '../../quant/random.ts';
import { lightgbmLibrary } from '../../tests/support/lightgbm.ts';
import { residualTarget, rowsOf } from '../choose.ts';
import { samplesOf } from '../dataset.ts';
import { FEATURES, plantedFrames } from '../fakeFrames.ts';
import { fitLightgbm } from '../models/lightgbm.ts';
import { openLightgbm } from '../models/lightgbmLibrary.ts';
import { fitSlope, ruleSignal } from '../models/microprice.ts';
import { fitRidge } from '../models/ridge.ts';
import { exportOnnx, mustEqual, type Part, predictNatively } from './export.ts';
import { createGraph } from './graph.ts';
import { addTrees, floor32, nextFloat32, parseTrees, thresholdsOf } from './trees.ts';

const WIDTH = FEATURES.length;
const FLOAT_MAX = (2 - 2 ** -23) * 2 ** 127;
const SPECIAL = [NaN, 0, -0, 1e-35, -1e-35, nextFloat32(1e-35, 1), nextFloat32(-1e-35, -1), 2 ** -149, -(2 ** -149)];
/** Beyond float32 in a product: only where nothing is multiplied. */
const LARGEST = [FLOAT_MAX, -FLOAT_MAX];
const LEARNED_ONLY = ['a', 'b', 'always_positive'];
const library = lightgbmLibrary();
const frames = plantedFrames({ frames: 1_500, symbols: 2, seed: 4, rule: 0.5, nonlinear: 0.3, linear: 0.2 });

function training(horizonMs: number) {
  const samples = samplesOf(frames, horizonMs);
  const rows = rowsOf(frames, samples, Int32Array.from(samples.row.keys()));
  const signal = ruleSignal(frames.features, rows);
  const slope = fitSlope(signal, samples);
  return { rows, slope, target: residualTarget(samples, signal, slope) };
}
const { rows, slope, target } = training(1_000);

/** Real rows, each feature in turn set to each of `values`. */
function withValues(valuesOf: (column: number) => readonly number[]): Float32Array {
  const out: number[] = [];
  for (let column = 0; column < WIDTH; column++) {
    valuesOf(column).forEach((value, i) => {
      const base = ((i * 7_919 + column) % (rows.length / WIDTH)) * WIDTH;
      const row = [...rows.subarray(base, base + WIDTH)];
      row[column] = value;
      out.push(...row);
    });
  }
  return Float32Array.from(out);
}

describe.skipIf(library === null)('LightGBM as ONNX', () => {
  let parts: Part[];
  let session: Session;
  const booster = (): ReturnType<ReturnType<typeof openLightgbm>['booster']> => {
    // Features on a coarse grid beside fine ones: thresholds between floats, at zero, and shared by many trees.
    const random = createRandom(5);
    const x = Float32Array.from({ length: 3 * 2_000 }, (_, i) => (random.next() < 0.1 ? NaN : i % 3 === 0 ? Math.round(random.normal()) : i % 3 === 1 ? random.normal() * 1e-3 : random.normal()));
    const y = Float32Array.from({ length: 2_000 }, (_, r) => Math.sign(x[r * 3]! || 0.3) + Math.abs(x[r * 3 + 2]! || 0) + (x[r * 3 + 1]! > 0 ? 1 : 0));
    const made = openLightgbm(library!).booster(x, 3, y, 'objective=regression num_threads=1 deterministic=true force_row_wise=true seed=1 verbosity=-1 min_data_in_leaf=5');
    for (let i = 0; i < 30; i++) made.update();
    return made;
  };

  beforeAll(async () => {
    const learner = await fitLightgbm(openLightgbm(library!), 1)(frames, rows, target);
    parts = [{ horizonMs: 1_000, slope, weight: 0.75, learner }, { horizonMs: 5_000, slope: 0, weight: 1, learner: await fitRidge(frames, rows, target) }, { horizonMs: 15_000, slope: -slope, weight: 0, learner: null }];
    session = await openSession(exportOnnx(FEATURES, parts), WIDTH, parts.length);
  });
  afterAll(async () => {
    parts.forEach(({ learner }) => learner?.release());
    await session.release();
  });
  const agree = async (x: Float32Array): Promise<void> => mustEqual(predictNatively(FEATURES, parts, x), await session.predict(x, x.length / WIDTH), 0.02);

  it('learned something that a wrong branch would change', () => {
    const forecasts = parts[0]!.learner!.predict(rows);
    expect(Math.max(...forecasts.map(Math.abs))).toBeGreaterThan(0.2);
  });

  it('equals native on real rows', () => agree(rows));

  it('equals native at every threshold, and a float32 above and below it', async () => {
    const edges = parts[0]!.learner!.edgeRows();
    expect(edges.length / WIDTH).toBeGreaterThan(100);
    await agree(edges);
  });

  it('equals native with NaN, zeros of both signs, denormals and the largest floats in any column', () => agree(withValues((column) => [...SPECIAL, ...(LEARNED_ONLY.includes(FEATURES[column]!) ? LARGEST : [])])));

  it('equals native where every value is NaN', () => agree(new Float32Array(WIDTH * 2).fill(NaN)));

  it('needs thresholds rounded down: rounded to nearest, some rows would go the other way', () => {
    const made = booster();
    const dump = made.dump() as { tree_info: { tree_structure: unknown }[] };
    const raw: number[] = [];
    JSON.stringify(dump.tree_info, (key, value: unknown) => {
      if (key === 'threshold') raw.push(value as number);
      return value;
    });
    made.free();
    expect(raw.length).toBeGreaterThan(100);
    expect(raw.some((threshold) => Math.fround(threshold) > threshold)).toBe(true);
    for (const threshold of raw) {
      expect(floor32(threshold)).toBeLessThanOrEqual(threshold);
      expect(nextFloat32(floor32(threshold), 1)).toBeGreaterThan(threshold);
    }
  });

  it('equals native on coarse grids, around zero and with missing values', async () => {
    const made = booster();
    const trees = parseTrees(made.dump());
    const thresholds = thresholdsOf(trees);
    expect(new Set(thresholds.map(({ feature }) => feature)).size).toBe(3);
    expect(thresholds.some(({ value }) => Math.abs(value) < 1e-30)).toBe(true);
    const others = [0.5, NaN, 0, -1];
    const x = Float32Array.from(thresholds.flatMap(({ feature, value }) => [value, nextFloat32(value, 1), nextFloat32(value, -1), ...SPECIAL].flatMap((edge, i) => [0, 1, 2].map((c) => (c === feature ? edge : others[i % others.length]!)))));
    const graph = createGraph(3);
    const alone = await openSession(graph.finish(addTrees(graph, trees, graph.columns([0, 1, 2])), 1, 'test'), 3, 1);
    const native = made.predict(x, 3);
    made.free();
    mustEqual(native, await alone.predict(x, x.length / 3), 0.02);
    await alone.release();
    expect(new Set(native.map((value) => Math.round(value * 100))).size).toBeGreaterThan(20);
  });
});

describe('ridge and the rule as ONNX', () => {
  it('equal native, with special values anywhere', async () => {
    const parts: Part[] = [{ horizonMs: 1_000, slope, weight: 0.5, learner: await fitRidge(frames, rows, target) }, { horizonMs: 5_000, slope, weight: 0, learner: null }];
    const session = await openSession(exportOnnx(FEATURES, parts), WIDTH, 2);
    for (const x of [rows, withValues(() => SPECIAL)]) mustEqual(predictNatively(FEATURES, parts, x), await session.predict(x, x.length / WIDTH), 0.02);
    await session.release();
  });
});

describe('mustEqual', () => {
  it('refuses a forecast that differs, or is NaN on one side', () => {
    expect(() => mustEqual(Float64Array.of(1, 2), Float32Array.of(1, 2), 0.02)).not.toThrow();
    expect(() => mustEqual(Float64Array.of(1, 2), Float32Array.of(1, 2.01), 0.02)).toThrow(RefusedError);
    expect(() => mustEqual(Float64Array.of(1), Float32Array.of(NaN), 0.02)).toThrow(RefusedError);
  });
});

describe('floor32, nextFloat32', () => {
  it('are next to each other around any number', () => {
    for (const value of [0.1, -0.1, 1e-40, -1e-40, 1e300, 3, -3, 2 ** -150, -(2 ** -150), 0]) {
      const below = floor32(value);
      expect(below).toBeLessThanOrEqual(value);
      expect(Math.fround(below)).toBe(below);
      if (value < FLOAT_MAX) expect(nextFloat32(below, 1)).toBeGreaterThan(value);
    }
  });
});
