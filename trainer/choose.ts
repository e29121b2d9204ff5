/**
 * Which family serves a horizon, by purged walk-forward on the training part alone.
 *
 * Families, simplest first: zero, microprice (the rule), ridge and lightgbm (the rule and what it leaves over, with a
 * weight between 0 and 1 from the out-of-fold forecasts). A family takes the place of a simpler one only if it removes
 * more squared error, in units of volatility, by MIN_T standard errors over blocks of time, and more in bps.
 */
import { type Samples, samplesOf, type TrainingFrames } from './dataset.ts';
import { fitSlope, ruleSignal } from './models/microprice.ts';
import type { Fit } from './models/learner.ts';
import { pairedT, skillOf, uncentredIc } from './evaluate.ts';
import { split, walkForward } from './splits.ts';

export type FamilyName = 'zero' | 'microprice' | 'ridge' | 'lightgbm';
const FOLDS = 4;
/** The rule has been right everywhere we looked; what is fitted on dozens of features has to show more. */
const MIN_T: Readonly<Record<FamilyName, number>> = { zero: 0, microprice: 1, ridge: 2, lightgbm: 2 };
/** The embargo beside the purge. */
const EMBARGO_MS = 1_000;

/** Out-of-fold forecasts of one family over the judged samples, bps. */
export interface Candidate { readonly family: FamilyName; readonly weight: number; readonly forecast: Float64Array; readonly skill: number | null; readonly ic: number | null }
export interface Choice {
  readonly family: FamilyName;
  readonly weight: number;
  /** The rule beats zero, so learners stand on it; otherwise they stand on zero. */
  readonly onRule: boolean;
  readonly candidates: readonly Candidate[];
  readonly judged: { readonly n: number; readonly folds: number };
  /** (realised − forecast)/scale of the chosen family, out of fold, ascending. */
  readonly residuals: Float64Array;
}

export interface ChooseOptions {
  readonly horizonMs: number;
  readonly learners: ReadonlyMap<'ridge' | 'lightgbm', Fit>;
  readonly ungated: boolean;
}

export async function chooseFamily(frames: TrainingFrames, options: ChooseOptions): Promise<Choice> {
  const samples = samplesOf(frames, options.horizonMs);
  const folds = walkForward(Float64Array.from(new Set(samples.ts)), { folds: FOLDS, embargoMs: EMBARGO_MS })
    .map((fold) => split(samples.ts, options.horizonMs, fold)).filter(({ train, test }) => train.length > 0 && test.length > 0);
  const parts = folds.map(({ train, test }) => foldPart(frames, samples, train, test));
  const judged = joined(parts, frames.stepMs, options.horizonMs);
  const zero = candidate('zero', 0, new Float64Array(judged.y.length), judged);
  const rule = candidate('microprice', 0, concat(parts.map((part) => part.rule)), judged);
  const onRule = beats(rule, zero, judged);
  const base = onRule ? rule.forecast : zero.forecast;
  const candidates = [zero, rule];
  for (const [family, fit] of options.learners) {
    const extra = await extraOutOfFold(frames, parts, fit, onRule);
    const weight = blendWeight(extra, base, judged);
    candidates.push(candidate(family, weight, base.map((value, i) => value + weight * extra[i]! * judged.scale[i]!), judged));
  }
  const chosen = pickSimplest(options.ungated ? candidates.slice(1) : candidates, judged);
  const residuals = chosen.forecast.map((forecast, i) => (judged.y[i]! - forecast) / judged.scale[i]!).sort();
  return { family: chosen.family, weight: chosen.weight, onRule, candidates, judged: { n: judged.y.length, folds: folds.length }, residuals };
}

/** One fold: rows as wide as the frame, the rule fitted on the training side and judged on the other. */
interface FoldPart {
  readonly trainRows: Float32Array;
  readonly train: Pick<Samples, 'y' | 'scale'>;
  readonly signal: Float64Array;
  readonly slope: number;
  readonly testRows: Float32Array;
  readonly test: Pick<Samples, 'y' | 'scale' | 'ts'>;
  readonly rule: Float64Array;
}

function foldPart(frames: TrainingFrames, samples: Samples, train: Int32Array, test: Int32Array): FoldPart {
  const trainRows = rowsOf(frames, samples, train);
  const testRows = rowsOf(frames, samples, test);
  const take = (column: Float64Array, which: Int32Array): Float64Array => Float64Array.from(which, (i) => column[i]!);
  const part = { y: take(samples.y, train), scale: take(samples.scale, train) };
  const signal = ruleSignal(frames.features, trainRows);
  const slope = fitSlope(signal, part);
  return {
    trainRows, train: part, signal, slope, testRows, test: { y: take(samples.y, test), scale: take(samples.scale, test), ts: take(samples.ts, test) },
    rule: ruleSignal(frames.features, testRows).map((value) => slope * value),
  };
}

async function extraOutOfFold(frames: TrainingFrames, parts: readonly FoldPart[], fit: Fit, onRule: boolean): Promise<Float64Array> {
  const extras: Float64Array[] = [];
  for (const part of parts) {
    const learner = await fit(frames, part.trainRows, residualTarget(part.train, part.signal, onRule ? part.slope : 0));
    try {
      extras.push(learner.predict(part.testRows));
    } finally {
      learner.release();
    }
  }
  return concat(extras);
}

/** The judged samples of all folds, in time order. */
interface JudgedSamples { readonly y: Float64Array; readonly scale: Float64Array; readonly frames: number; readonly stepsPerHorizon: number }

const joined = (parts: readonly FoldPart[], stepMs: number, horizonMs: number): JudgedSamples => ({
  y: concat(parts.map(({ test }) => test.y)), scale: concat(parts.map(({ test }) => test.scale)),
  frames: new Set(concat(parts.map(({ test }) => test.ts))).size, stepsPerHorizon: horizonMs / stepMs,
});

function concat(arrays: readonly Float64Array[]): Float64Array {
  const out = new Float64Array(arrays.reduce((sum, array) => sum + array.length, 0));
  let at = 0;
  for (const array of arrays) {
    out.set(array, at);
    at += array.length;
  }
  return out;
}

/** Row-major rows of the chosen samples, as wide as the frame. */
export function rowsOf(frames: TrainingFrames, samples: Samples, which: Int32Array): Float32Array {
  const width = frames.features.length;
  const out = new Float32Array(which.length * width);
  which.forEach((i, r) => out.set(frames.rows.subarray(samples.row[i]! * width, (samples.row[i]! + 1) * width), r * width));
  return out;
}

/** Scaled residuals beyond this many volatilities count as this many: a jump teaches direction, not size. */
const WINSOR = 6;

export const residualTarget = (part: Pick<Samples, 'y' | 'scale'>, signal: Float64Array, slope: number): Float64Array =>
  part.y.map((y, i) => Math.max(-WINSOR, Math.min(WINSOR, (y - slope * signal[i]!) / part.scale[i]!)));

/** Least squares of what the base leaves over on the learner's forecasts, within [0, 1]. */
function blendWeight(extra: Float64Array, base: Float64Array, { y, scale }: JudgedSamples): number {
  let product = 0;
  let square = 0;
  extra.forEach((x, i) => {
    product += x * ((y[i]! - base[i]!) / scale[i]!);
    square += x * x;
  });
  return square > 0 ? Math.fround(Math.max(0, Math.min(1, product / square))) : 0;
}

const candidate = (family: FamilyName, weight: number, forecast: Float64Array, { y }: JudgedSamples): Candidate =>
  ({ family, weight, forecast, skill: skillOf(y, forecast), ic: uncentredIc(y, forecast) });

const beats = (challenger: Candidate, best: Candidate, { frames, stepsPerHorizon, y, scale }: JudgedSamples): boolean =>
  pairedT(frames, stepsPerHorizon, y, scale, best.forecast, challenger.forecast) > MIN_T[challenger.family] && (challenger.skill ?? -1) > (best.skill ?? 0);

const pickSimplest = (candidates: readonly Candidate[], judged: JudgedSamples): Candidate =>
  candidates.reduce((best, challenger) => (beats(challenger, best, judged) ? challenger : best));
