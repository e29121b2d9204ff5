/** How many trades, or quotes, came per second over a window. Layout: [count of the running step, window]. */
import type { FeatureDefinition } from './definition.ts';
import { initWindowSum, pushWindowSum, windowSumSlots } from './toolkit/window-sum.ts';
import { label, stepsIn } from './toolkit/window.ts';

const WINDOW = 1;
const count = (state: Float64Array): void => {
  state[0]! += 1;
};

function tickRate(windowMs: number, stepMs: number) {
  const n = stepsIn(windowMs, stepMs);
  const seconds = (n * stepMs) / 1_000;
  return {
    group: 'liquidity',
    warmupMs: (n - 1) * stepMs,
    directional: true,
    slots: WINDOW + windowSumSlots(n),
    init(state: Float64Array) {
      state[0] = 0;
      initWindowSum(state, WINDOW, n);
    },
    onStep(state: Float64Array) {
      const sum = pushWindowSum(state, WINDOW, n, state[0]!);
      state[0] = 0;
      return sum / seconds;
    },
  } as const;
}

export const tradeRate = (windowMs: number, stepMs: number): FeatureDefinition => ({
  ...tickRate(windowMs, stepMs),
  name: `trade_rate_${label(windowMs)}`,
  unit: 'trades/s',
  source: 'trades in the window / its length',
  onTrade: count,
});

export const quoteRate = (windowMs: number, stepMs: number): FeatureDefinition => ({
  ...tickRate(windowMs, stepMs),
  name: `quote_rate_${label(windowMs)}`,
  unit: 'quotes/s',
  source: 'quotes in the window / its length',
  onQuote: count,
});
