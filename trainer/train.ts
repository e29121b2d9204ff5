/**
 * Training: choose a family for each horizon on the training part, fit it on all of it, export one ONNX file, prove it
 * equal to the native model, and write its card. Deterministic: the same frames give the same bytes.
 */
import { createHash } from 'node:crypto';
import { setImmediate as breathe } from 'node:timers/promises';
import { loadSession } from '../inference/session.ts';
import type { ModelCard } from '../registry/card.ts';
import { RefusedError } from '../runtime/errors.ts';
import { type Choice, chooseFamily, residualTarget, rowsOf } from './choose.ts';
import { samplesOf, SCALE_FEATURE, SCALE_FLOOR_BPS, type TrainingFrames } from './dataset.ts';
import { fitLightgbm } from './models/lightgbm.ts';
import { openLightgbm } from './models/lightgbmLibrary.ts';
import type { Fit } from './models/learner.ts';
import { fitSlope, ruleSignal, RULE_FEATURES } from './models/microprice.ts';
import { fitRidge } from './models/ridge.ts';
import { exportOnnx, mustEqual, nanRows, type Part, predictNatively } from './onnx/export.ts';

/** Samples of a horizon without which nothing can be learned or judged. */
const MIN_SAMPLES = 60;
/** Real rows that the export is checked on: the newest. */
const CHECK_ROWS = 5_000;

export interface TrainOptions {
  readonly universe: string;
  readonly horizonsMs: readonly number[];
  /** Path of the LightGBM library; null: the other families alone. */
  readonly lightgbmLibrary: string | null;
  readonly seed: number;
  /** Take the best family even where zero is as good. */
  readonly ungated: boolean;
  readonly onProgress?: (done: number, text: string) => void;
}

export interface TrainReport { readonly families: Readonly<Record<string, string>>; readonly frames: number; readonly lightgbm: boolean; readonly checkedRows: number }
export interface Trained { readonly onnx: Uint8Array; readonly card: ModelCard; readonly report: TrainReport }

/** Throws RefusedError when there is too little to learn from, or the export differs from the native model. */
export async function trainModel(frames: TrainingFrames, options: TrainOptions): Promise<Trained> {
  const missing = RULE_FEATURES.filter((feature) => !frames.features.includes(feature));
  if (missing.length > 0) throw new RefusedError(`training needs the features ${missing.join(', ')}`);
  const learners = learnersFor(options);
  const choices = new Map<number, Choice>();
  const parts: Part[] = [];
  try {
    for (const [i, horizonMs] of options.horizonsMs.entries()) {
      options.onProgress?.(i / options.horizonsMs.length, `${horizonMs / 1_000} s ahead`);
      await breathe();
      const choice = await chooseFamily(frames, { horizonMs, learners, ungated: options.ungated });
      if (choice.judged.n < MIN_SAMPLES) throw new RefusedError(`only ${choice.judged.n} frames can be judged at ${horizonMs} ms`, 'Let the feed run longer, or train on more of it.');
      choices.set(horizonMs, choice);
      parts.push(await fitPart(frames, horizonMs, choice, learners));
    }
    options.onProgress?.(0.95, 'checking the export');
    return await finish(frames, options, parts, choices);
  } finally {
    for (const part of parts) part.learner?.release();
  }
}

function learnersFor({ lightgbmLibrary, seed }: TrainOptions): Map<'ridge' | 'lightgbm', Fit> {
  const learners = new Map<'ridge' | 'lightgbm', Fit>([['ridge', fitRidge]]);
  if (lightgbmLibrary !== null) learners.set('lightgbm', fitLightgbm(openLightgbm(lightgbmLibrary), seed));
  return learners;
}

async function fitPart(frames: TrainingFrames, horizonMs: number, choice: Choice, learners: ReadonlyMap<'ridge' | 'lightgbm', Fit>): Promise<Part> {
  if (choice.family === 'zero') return { horizonMs, slope: 0, weight: 0, learner: null };
  const samples = samplesOf(frames, horizonMs);
  const rows = rowsOf(frames, samples, Int32Array.from(samples.row.keys()));
  const signal = ruleSignal(frames.features, rows);
  const slope = choice.family === 'microprice' || choice.onRule ? fitSlope(signal, samples) : 0;
  const fit = choice.family === 'microprice' ? undefined : learners.get(choice.family);
  return { horizonMs, slope, weight: choice.weight, learner: fit === undefined ? null : await fit(frames, rows, residualTarget(samples, signal, slope)) };
}

async function finish(frames: TrainingFrames, options: TrainOptions, parts: readonly Part[], choices: ReadonlyMap<number, Choice>): Promise<Trained> {
  const onnx = exportOnnx(frames.features, parts);
  const sha256 = createHash('sha256').update(onnx).digest('hex');
  const card = cardOf(frames, options, sha256, parts, choices);
  const checkedRows = await check(frames, onnx, card, parts);
  const families = Object.fromEntries([...choices].map(([horizonMs, choice]) => [horizonMs, choice.family]));
  return { onnx, card, report: { families, frames: frames.ts.length, lightgbm: options.lightgbmLibrary !== null, checkedRows } };
}

/** Native and exported forecasts on held-out rows, at threshold edges, and with NaN. */
async function check(frames: TrainingFrames, onnx: Uint8Array, card: ModelCard, parts: readonly Part[]): Promise<number> {
  const width = frames.features.length;
  const real = frames.rows.subarray(Math.max(0, frames.rows.length - CHECK_ROWS * width));
  const session = await loadSession(onnx, card);
  let checked = 0;
  try {
    for (const rows of [real, nanRows(real, width), ...parts.map((part) => part.learner?.edgeRows() ?? new Float32Array(0))]) {
      if (rows.length === 0) continue;
      mustEqual(predictNatively(frames.features, parts, rows), await session.predict(rows, rows.length / width), SCALE_FLOOR_BPS);
      checked += rows.length / width;
    }
  } finally {
    await session.release();
  }
  return checked;
}

const QUANTILES = 100;

function cardOf(frames: TrainingFrames, options: TrainOptions, sha256: string, parts: readonly Part[], choices: ReadonlyMap<number, Choice>): ModelCard {
  const families = [...new Set([...choices.values()].map((choice) => choice.family))];
  const quantiles = (sorted: Float64Array): number[] => Array.from({ length: QUANTILES }, (_, i) => sorted[Math.floor(((i + 0.5) / QUANTILES) * sorted.length)]!);
  return {
    v: 1, model: `${families.length === 1 ? families[0]! : 'mixed'}-${sha256.slice(0, 12)}`, sha256, universe: options.universe, features: [...frames.features], schema: frames.schema,
    horizons: parts.map(({ horizonMs }) => ({ horizonMs, family: choices.get(horizonMs)!.family, residualQuantiles: quantiles(choices.get(horizonMs)!.residuals) })),
    scaleFeature: SCALE_FEATURE, scaleFloorBps: SCALE_FLOOR_BPS,
    trained: { fromTs: frames.ts[0]!, toTs: frames.ts.at(-1)!, rows: frames.mid.length, frames: frames.ts.length, symbols: [...frames.instruments] },
    metrics: [...choices].flatMap(([horizonMs, choice]) => choice.candidates.map(({ family, skill, ic }) =>
      ({ family, horizonMs, skill, ic, rows: choice.judged.n, folds: choice.judged.folds, chosen: family === choice.family }))),
    versions: { node: process.version, onnx: 'opset 17, ai.onnx.ml 3', lightgbm: options.lightgbmLibrary === null ? 'absent' : 'C API' },
  };
}
