/**
 * Volume that buyers started less volume that sellers started, over a window, in units of the usual size at the top of
 * the book. 0 where nobody traded. Layout: [sum of the running step, depth, window].
 */
import type { FeatureDefinition } from './definition.ts';
import { DEPTH_SLOTS, depthDecay, initDepth, pushDepth } from './toolkit/depth.ts';
import { known, ratio } from './toolkit/number.ts';
import { tradeSign } from './toolkit/trade-sign.ts';
import { initWindowSum, pushWindowSum, windowSumSlots } from './toolkit/window-sum.ts';
import { label, stepsIn } from './toolkit/window.ts';

const DEPTH = 1;
const WINDOW = DEPTH + DEPTH_SLOTS;

export function signedVolume(windowMs: number, stepMs: number): FeatureDefinition {
  const n = stepsIn(windowMs, stepMs);
  const decay = depthDecay(stepMs);
  return {
    name: `signed_vol_${label(windowMs)}`,
    group: 'flow',
    unit: 'depths',
    source: 'Σ sign·size / usual top-of-book size; sign: the venue, else Lee, Ready 1991',
    warmupMs: (n - 1) * stepMs,
    directional: true,
    slots: WINDOW + windowSumSlots(n),
    init(state) {
      state[0] = 0;
      initDepth(state, DEPTH);
      initWindowSum(state, WINDOW, n);
    },
    onTrade(state, trade, before) {
      state[0]! += tradeSign(trade, before) * trade.size;
    },
    onStep(state, { book }) {
      const sum = pushWindowSum(state, WINDOW, n, known(state[0]!));
      state[0] = 0;
      return ratio(sum, pushDepth(state, DEPTH, decay, book));
    },
  };
}
