/** How far the mid is above its exponential mean over a window, bps. */
import type { FeatureDefinition } from './definition.ts';
import { EMA_SLOTS, initEma, pushEma } from './toolkit/ema.ts';
import { BPS, known, ratio } from './toolkit/number.ts';
import { label, stepsIn } from './toolkit/window.ts';

export function emaDistance(windowMs: number, stepMs: number): FeatureDefinition {
  const n = stepsIn(windowMs, stepMs);
  return {
    name: `ema_dist_${label(windowMs)}`,
    group: 'momentum',
    unit: 'bps',
    source: 'mid/EMA(mid, steps in the window) − 1; EMA as in TA-Lib',
    warmupMs: (n - 1) * stepMs,
    directional: true,
    slots: EMA_SLOTS,
    init: (state) => initEma(state, 0),
    onStep(state, { book }) {
      const mean = pushEma(state, 0, n, known(book.mid));
      return ratio(BPS * (book.mid - mean), mean);
    },
  };
}
