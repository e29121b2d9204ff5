/**
 * Effective spread implied by the bounce of trade prices: 2·√(−cov of successive changes), over a window's trades, bps.
 * Changes are taken to have mean 0. A positive covariance means no bounce and gives 0; NaN without two changes.
 * Source: Roll 1984. Layout: [last price, last change, Σ products of the running step, their count, two windows].
 */
import type { FeatureDefinition } from './definition.ts';
import { BPS, known, ratio } from './toolkit/number.ts';
import { initWindowSum, pushWindowSum, windowSumSlots } from './toolkit/window-sum.ts';
import { label, stepsIn } from './toolkit/window.ts';

const PRODUCTS = 4;

export function rollSpread(windowMs: number, stepMs: number): FeatureDefinition {
  const n = stepsIn(windowMs, stepMs);
  const counts = PRODUCTS + windowSumSlots(n);
  return {
    name: `roll_spread_${label(windowMs)}`,
    group: 'liquidity',
    unit: 'bps',
    source: 'Roll 1984: 2√max(0, −mean(Δp·Δp′)) over successive trades',
    warmupMs: (n - 1) * stepMs,
    directional: true,
    slots: counts + windowSumSlots(n),
    init(state) {
      state.fill(0, 0, PRODUCTS);
      state[0] = Number.NaN;
      state[1] = Number.NaN;
      initWindowSum(state, PRODUCTS, n);
      initWindowSum(state, counts, n);
    },
    onTrade(state, { price }) {
      const change = known(BPS * (price / state[0]! - 1));
      const product = known(change * state[1]!);
      state[0] = price;
      state[1] = change;
      if (Number.isNaN(product)) return;
      state[2]! += product;
      state[3]! += 1;
    },
    onStep(state) {
      const sum = pushWindowSum(state, PRODUCTS, n, known(state[2]!));
      const count = pushWindowSum(state, counts, n, state[3]!);
      state[2] = 0;
      state[3] = 0;
      return 2 * Math.sqrt(Math.max(0, ratio(-sum, count)));
    },
  };
}
