/**
 * Bollinger bands over 20 steps and 2 deviations: where the mid stands between them (−1 lower band, 0 mean, 1 upper;
 * 0 where nothing moves), and how wide they are in bps. The deviation is the population's, as in TA-Lib, but summed
 * around the mean, which keeps its digits at prices of five figures. Source: Bollinger 1992.
 * Layout: [next place, 20 mids]. Twenty additions a step.
 */
import type { FeatureDefinition } from './definition.ts';
import { delaySlots, initDelay, pushDelay } from './toolkit/delay.ts';
import { BPS, known, ratio } from './toolkit/number.ts';

const PERIOD = 20;
const DEVIATIONS = 2;

const base = (stepMs: number) => ({
  warmupMs: (PERIOD - 1) * stepMs,
  directional: true,
  slots: delaySlots(PERIOD),
  init: (state: Float64Array) => initDelay(state, 0, PERIOD),
});

export const bollingerPosition = (stepMs: number): FeatureDefinition => ({
  ...base(stepMs),
  name: `boll_pos_${PERIOD}`,
  group: 'momentum',
  unit: '1',
  source: `(mid − mean)/(${DEVIATIONS}σ), ${PERIOD} steps; Bollinger 1992`,
  onStep(state, { book: { mid } }) {
    pushDelay(state, 0, PERIOD, known(mid));
    const mean = meanOf(state);
    const half = DEVIATIONS * deviationOf(state, mean);
    return half === 0 ? 0 : ratio(mid - mean, half);
  },
});

export const bollingerWidth = (stepMs: number): FeatureDefinition => ({
  ...base(stepMs),
  name: `boll_width_${PERIOD}`,
  group: 'volatility',
  unit: 'bps',
  source: `${2 * DEVIATIONS}σ/mean, ${PERIOD} steps; Bollinger 1992`,
  onStep(state, { book: { mid } }) {
    pushDelay(state, 0, PERIOD, known(mid));
    const mean = meanOf(state);
    return ratio(BPS * 2 * DEVIATIONS * deviationOf(state, mean), mean);
  },
});

/** Around the first mid, so that equal mids have exactly themselves as mean. */
function meanOf(state: Float64Array): number {
  const origin = state[1]!;
  let sum = 0;
  for (let i = 1; i <= PERIOD; i++) sum += state[i]! - origin;
  return origin + sum / PERIOD;
}

function deviationOf(state: Float64Array, mean: number): number {
  let sum = 0;
  for (let i = 1; i <= PERIOD; i++) sum += (state[i]! - mean) ** 2;
  return Math.sqrt(sum / PERIOD);
}
