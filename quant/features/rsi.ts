/**
 * Relative strength index of the mid over 14 steps, 0 to 100. Means of rises and falls begin as simple means of 14
 * changes and go on by Wilder's smoothing, as in TA-Lib; where nothing moves it says 0, as TA-Lib does, so a model
 * should look at the volatility beside it. Source: Wilder 1978.
 * Layout: [mid before, changes seen (up to 14), rise, fall].
 */
import type { FeatureDefinition } from './definition.ts';
import { known } from './toolkit/number.ts';

const PERIOD = 14;
/** What TA-Lib takes for no movement at all (TA_EPSILON). */
const STILL = 1e-14;

export function rsi(stepMs: number): FeatureDefinition {
  return {
    name: `rsi_${PERIOD}`,
    group: 'momentum',
    unit: '%',
    source: `Wilder 1978, ${PERIOD} steps, as TA-Lib's RSI`,
    warmupMs: PERIOD * stepMs,
    directional: true,
    slots: 4,
    init(state) {
      state.fill(0);
      state[0] = Number.NaN;
    },
    onStep(state, { book }) {
      const change = known(book.mid - state[0]!);
      if (book.mid > 0) state[0] = book.mid;
      if (!Number.isNaN(change)) smooth(state, Math.max(change, 0), Math.max(-change, 0));
      if (state[1]! < PERIOD) return Number.NaN;
      const moved = state[2]! + state[3]!;
      return moved < STILL ? 0 : (100 * state[2]!) / moved;
    },
  };
}

function smooth(state: Float64Array, rise: number, fall: number): void {
  if (state[1]! < PERIOD) {
    state[1]! += 1;
    state[2]! += rise / PERIOD;
    state[3]! += fall / PERIOD;
    return;
  }
  state[2] = (state[2]! * (PERIOD - 1) + rise) / PERIOD;
  state[3] = (state[3]! * (PERIOD - 1) + fall) / PERIOD;
}
