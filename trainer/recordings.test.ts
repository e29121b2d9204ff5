/**
 * The trained model on real markets: trained on the first 60 % of a recording's known time, judged on the rest. The
 * bounds are the project's own; nothing here may be used to choose anything.
 */
import { describe, expect, it } from 'vitest';
import { loadSession } from '../inference/session.ts';
import { createFrameEngine, type EngineFrame } from '../quant/frames/engine.ts';
import { featureSchema } from '../quant/frames/schema.ts';
import { labelsBps } from '../quant/labels.ts';
import { openRecording } from '../streams/sources/recording.ts';
import { lightgbmLibrary } from '../tests/support/lightgbm.ts';
import { recording } from '../tests/support/recordings.ts';
import { collectFrames } from './collect.ts';
import type { TrainingFrames } from './dataset.ts';
import { skillOf } from './evaluate.ts';
import { trainModel } from './train.ts';

const STEP_MS = 1_000;
const HORIZONS_MS = [1_000, 5_000, 15_000];
const TRAIN_SHARE = 0.6;
const library = lightgbmLibrary();
const full = process.env['FORETICK_FULL'] === '1';

async function framesOf(path: string, share: number): Promise<TrainingFrames> {
  const source = await openRecording([path]);
  const { features, hash } = featureSchema(STEP_MS);
  const { instruments, span } = source;
  const engine = createFrameEngine({ instruments, leaders: instruments.slice(0, 2), stepMs: STEP_MS, features });
  async function* frames(): AsyncGenerator<EngineFrame> {
    for await (const chunk of source.messages(new AbortController().signal)) for (const message of chunk) yield* engine.push(message);
  }
  return collectFrames(frames(), { features, schema: hash, instruments, stepMs: STEP_MS, untilTs: share === 1 ? null : span.fromTs + share * (span.toTs - span.fromTs) });
}

/** Skill by instrument and horizon on the frames after training. */
async function judgedSkill(path: string): Promise<Map<string, number>> {
  const training = await framesOf(path, TRAIN_SHARE);
  const all = await framesOf(path, 1);
  const { onnx, card } = await trainModel(training, { universe: 'main', horizonsMs: HORIZONS_MS, lightgbmLibrary: library, seed: 1, ungated: false });
  const session = await loadSession(onnx, card);
  const forecasts = await session.predict(all.rows, all.mid.length);
  await session.release();
  const skills = new Map<string, number>();
  HORIZONS_MS.forEach((horizonMs, h) => {
    const labels = labelsBps(all.ts, all.mid, horizonMs);
    all.instruments.forEach((instrument, s) => {
      const judged = [...labels.keys()].filter((row) => row % all.instruments.length === s && row >= training.mid.length && Number.isFinite(labels[row]!));
      expect(judged.length).toBeGreaterThan(150);
      skills.set(`${instrument} ${horizonMs}`, skillOf(Float64Array.from(judged, (row) => labels[row]!), Float64Array.from(judged, (row) => forecasts[row * HORIZONS_MS.length + h]!))!);
    });
  });
  return skills;
}

describe('a model trained on the first 60 %', () => {
  const usdm = recording('binance-usdm');
  it.skipIf(usdm === null)('forecasts the rest of binance-usdm with a skill of at least 8 % at 1 s and 5 s, and does no harm at 15 s', async () => {
    const skills = await judgedSkill(usdm!);
    for (const symbol of ['BTCUSDT', 'ETHUSDT']) {
      for (const horizonMs of [1_000, 5_000]) expect(skills.get(`binance-usdm.${symbol} ${horizonMs}`)).toBeGreaterThanOrEqual(0.08);
      expect(skills.get(`binance-usdm.${symbol} 15000`)).toBeGreaterThanOrEqual(0);
    }
  });

  const ibm = recording('us-equity-ibm');
  // Half a minute: two days of frames, five fits a family and horizon.
  it.skipIf(ibm === null || library === null || !full)('forecasts the third day of us-equity-ibm better than zero at 1 s and 5 s', async () => {
    const skills = await judgedSkill(ibm!);
    for (const horizonMs of [1_000, 5_000]) expect(skills.get(`us-equity.IBM ${horizonMs}`)).toBeGreaterThan(0.005);
    expect(skills.get('us-equity.IBM 15000')).toBeGreaterThanOrEqual(-0.01);
  }, 600_000);
});
