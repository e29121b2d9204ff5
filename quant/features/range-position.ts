/**
 * Where the mid stands in its range over a window: −1 at the low, 1 at the high, 0 where nothing moved. It is the
 * stochastic oscillator's %K, centred. Source: Lane 1984. Layout: [window of highs, window of negated lows].
 */
import type { FeatureDefinition } from './definition.ts';
import { known } from './toolkit/number.ts';
import { initWindowMax, pushWindowMax, windowMaxSlots } from './toolkit/window-max.ts';
import { label, stepsIn } from './toolkit/window.ts';

export function rangePosition(windowMs: number, stepMs: number): FeatureDefinition {
  const n = stepsIn(windowMs, stepMs);
  const lows = windowMaxSlots(n);
  return {
    name: `range_pos_${label(windowMs)}`,
    group: 'momentum',
    unit: '1',
    source: '(2·mid − high − low)/(high − low) over the window; Lane 1984',
    warmupMs: (n - 1) * stepMs,
    directional: true,
    slots: 2 * windowMaxSlots(n),
    init(state) {
      initWindowMax(state, 0, n);
      initWindowMax(state, lows, n);
    },
    onStep(state, { book: { mid } }) {
      const high = pushWindowMax(state, 0, n, known(mid));
      const low = -pushWindowMax(state, lows, n, known(-mid));
      return high === low ? 0 : (mid - high + (mid - low)) / (high - low);
    },
  };
}
