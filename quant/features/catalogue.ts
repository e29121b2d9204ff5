/**
 * Every feature, in the order of a frame's columns. A feature whose window is shorter than a step has no meaning on
 * that grid and is left out. Whatever a feature computes, what leaves the catalogue is finite in float32 or NaN.
 */
import type { FeatureDefinition } from './definition.ts';
import { imbalance } from './imbalance.ts';
import { logReturn } from './log-return.ts';
import { micropriceScaled } from './microprice-scaled.ts';
import { microprice } from './microprice.ts';
import { orderFlowImbalance } from './order-flow-imbalance.ts';
import { spread } from './spread.ts';
import { output } from './toolkit/number.ts';
import { volEwma } from './vol-ewma.ts';

/** Changed with any formula, so that frames of different code never share a schema. */
export const CODE_VERSION = '1';

export const SHORTEST_STEP_MS = 100;
export const LONGEST_STEP_MS = 60_000;

/** Windows, each as long as a step or longer. */
type Factory = (windowMs: number, stepMs: number) => FeatureDefinition;
const over = (factory: Factory, stepMs: number, windowsMs: readonly number[]): FeatureDefinition[] =>
  windowsMs.filter((windowMs) => windowMs >= stepMs).map((windowMs) => factory(windowMs, stepMs));

const guarded = (feature: FeatureDefinition): FeatureDefinition => ({
  ...feature,
  onStep: (state, step) => output(feature.onStep(state, step)),
});

export function catalogue(stepMs: number): readonly FeatureDefinition[] {
  if (!Number.isInteger(stepMs) || stepMs < SHORTEST_STEP_MS || stepMs > LONGEST_STEP_MS) {
    throw new RangeError(`A step of ${stepMs} ms has no features: choose whole milliseconds from ${SHORTEST_STEP_MS} to ${LONGEST_STEP_MS}.`);
  }
  return [
    microprice,
    micropriceScaled(stepMs),
    imbalance,
    spread,
    volEwma(stepMs),
    ...over(logReturn, stepMs, [1_000, 2_000, 5_000, 10_000, 30_000, 60_000, 300_000]),
    ...over(orderFlowImbalance, stepMs, [1_000, 5_000, 30_000]),
  ].map(guarded);
}
