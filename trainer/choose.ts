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
export const FOLDS = 4;
/** The rule has been right everywhere we looked; what is fitted on dozens of features has to show more. */
const MIN_T: Readonly<Record<FamilyName, number>> = { zero: 0, microprice: 1, ridge: 2, lightgbm: 2 };
/** The embargo beside the purge. */
const EMBARGO_MS = 1_000;

/** Out-of-fold forecasts of one family over the judged samples, bps. */
export interface Candidate { readonly family: FamilyName; readonly weight: number; readonly forecast: Float64Array; readonly skill: number | null; readonly ic: number | null }
export interface Choice {
  readonly family: FamilyName;
  readonly weight: number;
  readonly candidates: readonly Candidate[];
  readonly judged: { readonly n: number; readonly folds: number };
  /** (realised − forecast)/scale of the chosen family, out of fold, ascending. */
  readonly residuals: Float64Array;
}

export interface ChooseOptions {
  readonly horizonMs: number;
  readonly learners: ReadonlyMap<'ridge' | 'lightgbm', Fit>;
  readonly ungated: boolean;
  /** Called between fits, so that a service stays responsive. */
  readonly breathe: () => Promise<void>;
}

export async function chooseFamily(frames: TrainingFrames, options: ChooseOptions): Promise<Choice> {
  const samples = samplesOf(frames, options.horizonMs);
  const oof = await outOfFold(frames, samples, options);
  const candidates: Candidate[] = [candidate('zero', 0, new Float64Array(oof.y.length), oof)];
  candidates.push(candidate('microprice', 0, oof.rule, oof));
  for (const [family, extra] of oof.extras) {
    const weight = blendWeight(extra, oof);
    candidates.push(candidate(family, weight, oof.rule.map((rule, i) => rule + weight * extra[i]! * oof.scale[i]!), oof));
  }
  const chosen = pickSimplest(options.ungated ? candidates.slice(1) : candidates, oof, options.horizonMs / frames.stepMs);
  const residuals = chosen.forecast.map((forecast, i) => (oof.y[i]! - forecast) / oof.scale[i]!).sort();
  return { family: chosen.family, weight: chosen.weight, candidates, judged: { n: oof.y.length, folds: oof.folds }, residuals };
}

interface OutOfFold { readonly y: Float64Array; readonly scale: Float64Array; readonly ts: Float64Array; readonly rule: Float64Array; readonly extras: Map<'ridge' | 'lightgbm', Float64Array>; readonly folds: number }

async function outOfFold(frames: TrainingFrames, samples: Samples, options: ChooseOptions): Promise<OutOfFold> {
  const folds = walkForward(Float64Array.from(new Set(samples.ts)), { folds: FOLDS, embargoMs: EMBARGO_MS })
    .map((fold) => split(samples.ts, options.horizonMs, fold)).filter(({ train, test }) => train.length > 0 && test.length > 0);
  const total = folds.reduce((sum, { test }) => sum + test.length, 0);
  const out: OutOfFold = {
    y: new Float64Array(total), scale: new Float64Array(total), ts: new Float64Array(total), rule: new Float64Array(total),
    extras: new Map([...options.learners.keys()].map((family) => [family, new Float64Array(total)])), folds: folds.length,
  };
  let at = 0;
  for (const { train, test } of folds) {
    const trainRows = rowsOf(frames, samples, train);
    const testRows = rowsOf(frames, samples, test);
    const part = { y: Float64Array.from(train, (i) => samples.y[i]!), scale: Float64Array.from(train, (i) => samples.scale[i]!) };
    const signal = ruleSignal(frames.features, trainRows);
    const slope = fitSlope(signal, part);
    out.rule.set(ruleSignal(frames.features, testRows).map((value) => slope * value), at);
    test.forEach((i, k) => {
      out.y[at + k] = samples.y[i]!;
      out.scale[at + k] = samples.scale[i]!;
      out.ts[at + k] = samples.ts[i]!;
    });
    const target = residualTarget(part, signal, slope);
    for (const [family, fit] of options.learners) {
      await options.breathe();
      const learner = fit(frames, trainRows, target);
      out.extras.get(family)!.set(learner.predict(testRows), at);
      learner.release();
    }
    at += test.length;
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

/** Least squares of what the rule leaves over on the learner's forecasts, within [0, 1]. */
function blendWeight(extra: Float64Array, { y, rule, scale }: OutOfFold): number {
  let product = 0;
  let square = 0;
  extra.forEach((x, i) => {
    product += x * ((y[i]! - rule[i]!) / scale[i]!);
    square += x * x;
  });
  return square > 0 ? Math.fround(Math.max(0, Math.min(1, product / square))) : 0;
}

const candidate = (family: FamilyName, weight: number, forecast: Float64Array, oof: OutOfFold): Candidate =>
  ({ family, weight, forecast, skill: skillOf(oof.y, forecast), ic: uncentredIc(oof.y, forecast) });

function pickSimplest(candidates: readonly Candidate[], oof: OutOfFold, stepsPerHorizon: number): Candidate {
  const frames = new Set(oof.ts).size;
  let best = candidates[0]!;
  for (const challenger of candidates.slice(1)) {
    const t = pairedT(frames, stepsPerHorizon, oof.y, oof.scale, best.forecast, challenger.forecast);
    if (t > MIN_T[challenger.family] && (challenger.skill ?? -1) > (best.skill ?? 0)) best = challenger;
  }
  return best;
}
