/** Log return over a window in units of what the volatility lets one expect for it, so that instruments can be pooled. */
import type { FeatureDefinition } from './definition.ts';
import { delaySlots, initDelay, pushDelay } from './toolkit/delay.ts';
import { logReturnBps } from './toolkit/number.ts';
import { VOL_RETURNS, VOL_SLOTS, initVol, pushVol, volDecay } from './toolkit/volatility.ts';
import { label, stepsIn } from './toolkit/window.ts';

const DELAY = VOL_SLOTS;

export function logReturnScaled(windowMs: number, stepMs: number): FeatureDefinition {
  const n = stepsIn(windowMs, stepMs);
  const decay = volDecay(stepMs);
  const rootSeconds = Math.sqrt((n * stepMs) / 1_000);
  return {
    name: `ret_vol_${label(windowMs)}`,
    group: 'return',
    unit: '1',
    source: 'ret / (vol_ewma_60s · √window)',
    warmupMs: Math.max(n, VOL_RETURNS) * stepMs,
    directional: true,
    slots: VOL_SLOTS + delaySlots(n),
    init(state) {
      initVol(state, 0);
      initDelay(state, DELAY, n);
    },
    onStep(state, { book }) {
      const ret = logReturnBps(book.mid, pushDelay(state, DELAY, n, book.mid));
      return ret / (pushVol(state, 0, stepMs, decay, book.mid) * rootSeconds);
    },
  };
}
