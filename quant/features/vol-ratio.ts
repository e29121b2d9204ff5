/** Is the market livelier than usual? Volatility with a short half-life over volatility with one of 60 s. */
import type { FeatureDefinition } from './definition.ts';
import { decayPerStep } from './toolkit/ewma.ts';
import { VOL_RETURNS, VOL_SLOTS, initVol, pushVol, volDecay } from './toolkit/volatility.ts';
import { label } from './toolkit/window.ts';

export function volRatio(halfLifeMs: number, stepMs: number): FeatureDefinition {
  const fast = decayPerStep(halfLifeMs, stepMs);
  const slow = volDecay(stepMs);
  return {
    name: `vol_ratio_${label(halfLifeMs)}`,
    group: 'volatility',
    unit: '1',
    source: `volatility with a half-life of ${label(halfLifeMs)} / vol_ewma_60s`,
    warmupMs: VOL_RETURNS * stepMs,
    directional: true,
    slots: 2 * VOL_SLOTS,
    init(state) {
      initVol(state, 0);
      initVol(state, VOL_SLOTS);
    },
    onStep: (state, { book }) =>
      pushVol(state, 0, stepMs, fast, book.mid) / pushVol(state, VOL_SLOTS, stepMs, slow, book.mid),
  };
}
