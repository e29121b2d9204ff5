/**
 * What trades over a window paid: twice the distance from the mid before each, weighted by size, bps. NaN where nobody
 * traded against a quote. Source: Huang, Stoll 1996.
 * Layout: [Σ size·distance of the running step, Σ size, two windows].
 */
import type { FeatureDefinition } from './definition.ts';
import { BPS, known, ratio } from './toolkit/number.ts';
import { initWindowSum, pushWindowSum, windowSumSlots } from './toolkit/window-sum.ts';
import { label, stepsIn } from './toolkit/window.ts';

const PAID = 2;

export function effectiveSpread(windowMs: number, stepMs: number): FeatureDefinition {
  const n = stepsIn(windowMs, stepMs);
  const sizes = PAID + windowSumSlots(n);
  return {
    name: `eff_spread_${label(windowMs)}`,
    group: 'liquidity',
    unit: 'bps',
    source: 'Huang, Stoll 1996: Σ size·2|price − mid|/mid / Σ size',
    warmupMs: (n - 1) * stepMs,
    directional: true,
    slots: sizes + windowSumSlots(n),
    init(state) {
      state[0] = 0;
      state[1] = 0;
      initWindowSum(state, PAID, n);
      initWindowSum(state, sizes, n);
    },
    onTrade(state, { price, size }, before) {
      // Without quotes the mid is the last trade, and the distance would be a move, not a cost.
      if (!(before.bid > 0)) return;
      state[0]! += (size * 2 * BPS * Math.abs(price - before.mid)) / before.mid;
      state[1]! += size;
    },
    onStep(state) {
      const paid = pushWindowSum(state, PAID, n, known(state[0]!));
      const size = pushWindowSum(state, sizes, n, known(state[1]!));
      state[0] = 0;
      state[1] = 0;
      return ratio(paid, size);
    },
  };
}
