/**
 * How far the mid is above the volume-weighted average price of a window's trades, bps. NaN where nobody traded.
 * Layout: [value traded in the running step, volume, window of values, window of volumes].
 */
import type { FeatureDefinition } from './definition.ts';
import { known, logReturnBps, ratio } from './toolkit/number.ts';
import { initWindowSum, pushWindowSum, windowSumSlots } from './toolkit/window-sum.ts';
import { label, stepsIn } from './toolkit/window.ts';

const VALUES = 2;

export function vwapDistance(windowMs: number, stepMs: number): FeatureDefinition {
  const n = stepsIn(windowMs, stepMs);
  const volumes = VALUES + windowSumSlots(n);
  return {
    name: `vwap_dist_${label(windowMs)}`,
    group: 'momentum',
    unit: 'bps',
    source: 'ln(mid/VWAP); VWAP: Berkowitz, Logue, Noser 1988',
    warmupMs: (n - 1) * stepMs,
    directional: true,
    slots: volumes + windowSumSlots(n),
    init(state) {
      state[0] = 0;
      state[1] = 0;
      initWindowSum(state, VALUES, n);
      initWindowSum(state, volumes, n);
    },
    onTrade(state, { price, size }) {
      state[0]! += price * size;
      state[1]! += size;
    },
    onStep(state, { book }) {
      const value = pushWindowSum(state, VALUES, n, known(state[0]!));
      const volume = pushWindowSum(state, volumes, n, known(state[1]!));
      state[0] = 0;
      state[1] = 0;
      return logReturnBps(book.mid, ratio(value, volume));
    },
  };
}
