/**
 * Realised volatility over a window: root of the sum of squared one-step log returns of the mid, per √s.
 * Source: Andersen, Bollerslev, Diebold, Labys 2003. Layout: [mid before, window].
 */
import type { FeatureDefinition } from './definition.ts';
import { logReturnBps } from './toolkit/number.ts';
import { initWindowSum, pushWindowSum, windowSumSlots } from './toolkit/window-sum.ts';
import { label, stepsIn } from './toolkit/window.ts';

const WINDOW = 1;

export function realisedVol(windowMs: number, stepMs: number): FeatureDefinition {
  const n = stepsIn(windowMs, stepMs);
  const seconds = (n * stepMs) / 1_000;
  return {
    name: `rv_${label(windowMs)}`,
    group: 'volatility',
    unit: 'bps/√s',
    source: '√(Σr²/window); Andersen, Bollerslev, Diebold, Labys 2003',
    warmupMs: n * stepMs,
    directional: true,
    slots: WINDOW + windowSumSlots(n),
    init(state) {
      state[0] = Number.NaN;
      initWindowSum(state, WINDOW, n);
    },
    onStep(state, { book }) {
      const ret = logReturnBps(book.mid, state[0]!);
      state[0] = book.mid;
      return Math.sqrt(pushWindowSum(state, WINDOW, n, ret * ret) / seconds);
    },
  };
}
