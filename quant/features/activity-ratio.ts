/**
 * Ticks per step with a short half-life over the same with one of 60 s: is more going on than usual?
 * NaN before the first tick. Layout: [count of the running step, fast EWMA, slow EWMA].
 */
import type { FeatureDefinition } from './definition.ts';
import { EWMA_SLOTS, decayPerStep, initEwma, pushEwma } from './toolkit/ewma.ts';
import { ratio } from './toolkit/number.ts';
import { label } from './toolkit/window.ts';

const USUAL_HALF_LIFE_MS = 60_000;
const FAST = 1;
const SLOW = FAST + EWMA_SLOTS;
const count = (state: Float64Array): void => {
  state[0]! += 1;
};

export function activityRatio(halfLifeMs: number, stepMs: number): FeatureDefinition {
  const fast = decayPerStep(halfLifeMs, stepMs);
  const slow = decayPerStep(USUAL_HALF_LIFE_MS, stepMs);
  return {
    name: `activity_ratio_${label(halfLifeMs)}`,
    group: 'liquidity',
    unit: '1',
    source: `EWMA(ticks a step), half-life ${label(halfLifeMs)} / the same with ${label(USUAL_HALF_LIFE_MS)}`,
    warmupMs: 0,
    directional: true,
    slots: SLOW + EWMA_SLOTS,
    init(state) {
      state[0] = 0;
      initEwma(state, FAST);
      initEwma(state, SLOW);
    },
    onQuote: count,
    onTrade: count,
    onStep(state) {
      const recent = pushEwma(state, FAST, fast, state[0]!);
      const usual = pushEwma(state, SLOW, slow, state[0]!);
      state[0] = 0;
      return ratio(recent, usual);
    },
  };
}
