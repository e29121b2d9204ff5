import { describe, expect, it } from 'vitest';
import { loadSession } from '../inference/session.ts';
import { RefusedError } from '../runtime/errors.ts';
import { lightgbmLibrary } from '../tests/support/lightgbm.ts';
import { labelsBps } from '../quant/labels.ts';
import { skillOf } from './evaluate.ts';
import { FEATURES, type Planted, plantedFrames } from './fakeFrames.ts';
import { trainModel, type TrainOptions } from './train.ts';

const HORIZONS_MS = [1_000, 5_000];
const library = lightgbmLibrary();
const OPTIONS: TrainOptions = { universe: 'main', horizonsMs: HORIZONS_MS, lightgbmLibrary: library, seed: 1, ungated: false };
const SMALL: Planted = { frames: 900, symbols: 2, seed: 1, rule: 1 };

/** Skill of the trained model at one step on frames that it has never seen. */
async function skillOnNew(planted: Planted, options: TrainOptions): Promise<{ families: string[]; skill: number }> {
  const { onnx, card } = await trainModel(plantedFrames(planted), options);
  const unseen = plantedFrames({ ...planted, seed: planted.seed + 1_000 });
  const session = await loadSession(onnx, card);
  const forecasts = await session.predict(unseen.rows, unseen.mid.length);
  await session.release();
  const labels = labelsBps(unseen.ts, unseen.mid, HORIZONS_MS[0]!);
  const known = [...labels.keys()].filter((i) => Number.isFinite(labels[i]!));
  const skill = skillOf(Float64Array.from(known, (i) => labels[i]!), Float64Array.from(known, (i) => forecasts[i * HORIZONS_MS.length]!))!;
  return { families: card.horizons.map(({ family }) => family), skill };
}

describe('trainModel', () => {
  it('gives equal bytes for equal frames, and other bytes for others', async () => {
    const [first, again, other] = [await trainModel(plantedFrames(SMALL), OPTIONS), await trainModel(plantedFrames(SMALL), OPTIONS), await trainModel(plantedFrames({ ...SMALL, seed: 2 }), OPTIONS)];
    expect(again.card).toEqual(first.card);
    expect(Buffer.from(again.onnx).equals(first.onnx)).toBe(true);
    expect(other.card.sha256).not.toBe(first.card.sha256);
  });

  it('writes a card that says what it learned from, how it did, and where intervals begin', async () => {
    const frames = plantedFrames(SMALL);
    const { card } = await trainModel(frames, OPTIONS);
    expect(card).toMatchObject({
      universe: 'main', schema: 'test', features: [...FEATURES], scaleFeature: 'vol_ewma_60s',
      trained: { fromTs: frames.ts[0], toTs: frames.ts.at(-1), frames: 900, rows: 1_800, symbols: ['test.S0', 'test.S1'] },
    });
    for (const { residualQuantiles } of card.horizons) {
      expect(residualQuantiles).toHaveLength(100);
      expect([...residualQuantiles].sort((a, b) => a - b)).toEqual(residualQuantiles);
    }
    // Residuals at one step are standard normal by construction.
    const [q10, q90] = [card.horizons[0]!.residualQuantiles[9]!, card.horizons[0]!.residualQuantiles[89]!];
    expect(q90 - q10).toBeGreaterThan(2);
    expect(q90 - q10).toBeLessThan(3.2);
    for (const horizonMs of HORIZONS_MS) expect(card.metrics.filter((metric) => metric.horizonMs === horizonMs && metric.chosen)).toHaveLength(1);
  });

  it('chooses the rule where the rule is all there is', async () => {
    // Of a step's variance, a uniform imbalance of weight 1 explains ⅓/(1 + ⅓) = 25 %.
    const { families, skill } = await skillOnNew(SMALL, OPTIONS);
    expect(families[0]).toBe('microprice');
    expect(skill).toBeGreaterThan(0.2);
  });

  it('chooses ridge where the rest is linear, with or without LightGBM', async () => {
    const planted: Planted = { frames: 1_500, symbols: 2, seed: 3, rule: 0.5, linear: 0.4 };
    const { families, skill } = await skillOnNew(planted, { ...OPTIONS, lightgbmLibrary: null });
    expect(families[0]).toBe('ridge');
    expect(skill).toBeGreaterThan(0.14);
  });

  it.skipIf(library === null)('chooses LightGBM where the rest is not linear', async () => {
    const { families, skill } = await skillOnNew({ frames: 3_000, symbols: 3, seed: 4, nonlinear: 0.4 }, OPTIONS);
    expect(families[0]).toBe('lightgbm');
    expect(skill).toBeGreaterThan(0.07);
  });

  it('falls back to zero on random walks, and to the rule where the gate is off', async () => {
    const walks = [11, 12, 13].map((seed) => plantedFrames({ frames: 900, symbols: 2, seed }));
    const gated = await Promise.all(walks.map((frames) => trainModel(frames, OPTIONS)));
    // One in six is what a gate of one standard error lets through; all three would say that there is no gate.
    expect(gated.flatMap(({ card }) => card.horizons.map(({ family }) => family)).filter((family) => family === 'zero').length).toBeGreaterThanOrEqual(4);
    const { card } = await trainModel(walks[0]!, { ...OPTIONS, ungated: true });
    expect(card.horizons.map(({ family }) => family)).not.toContain('zero');
  });

  it('learns nothing from prices that were not seen', async () => {
    const frames = plantedFrames(SMALL);
    const spoilt = { ...frames, flags: frames.flags.map((_, row) => (row < 600 ? 1 : 0)), mid: frames.mid.map((mid, row) => (row < 600 ? mid * (1 + 0.01 * (row % 7)) : mid)) };
    const cut = { ...frames, ts: frames.ts.slice(300), mid: frames.mid.slice(600), flags: frames.flags.slice(600), rows: frames.rows.slice(600 * FEATURES.length) };
    expect((await trainModel(spoilt, OPTIONS)).card.sha256).toBe((await trainModel(cut, OPTIONS)).card.sha256);
  });

  it('says what is missing: too few frames, features, the library', async () => {
    await expect(trainModel(plantedFrames({ frames: 40, symbols: 1, seed: 1 }), OPTIONS)).rejects.toThrow(RefusedError);
    await expect(trainModel({ ...plantedFrames(SMALL), features: FEATURES.map((name) => (name === 'imb_top' ? 'other' : name)) }, OPTIONS)).rejects.toThrow(/imb_top/);
    await expect(trainModel(plantedFrames(SMALL), { ...OPTIONS, lightgbmLibrary: '/nowhere/lib_lightgbm.so' })).rejects.toThrow(/not a usable LightGBM library/);
  });

  it('reports progress and lets others run meanwhile', async () => {
    const seen: number[] = [];
    let ticks = 0;
    let ticksWhileFitting = 0;
    const timer = setInterval(() => ticks++, 1);
    await trainModel(plantedFrames(SMALL), { ...OPTIONS, onProgress: (done) => {
      seen.push(done);
      ticksWhileFitting = ticks;
    } });
    clearInterval(timer);
    expect(seen.length).toBeGreaterThanOrEqual(HORIZONS_MS.length);
    expect([...seen].sort((a, b) => a - b)).toEqual(seen);
    expect(seen.every((done) => done >= 0 && done <= 1)).toBe(true);
    expect(ticksWhileFitting).toBeGreaterThan(2);
  });
});
