/** Volatility of the mid with a half-life of 60 s, bps per √s: the scale of labels, intervals and scaled features. */
import type { FeatureDefinition } from './definition.ts';
import { VOL_RETURNS, VOL_SLOTS, initVol, pushVol, volDecay } from './toolkit/volatility.ts';

export function volEwma(stepMs: number): FeatureDefinition {
  const decay = volDecay(stepMs);
  return {
    name: 'vol_ewma_60s',
    group: 'volatility',
    unit: 'bps/√s',
    source: 'RiskMetrics 1996: √EWMA(r²/Δt), half-life 60 s, floored so that it is never 0',
    warmupMs: VOL_RETURNS * stepMs,
    directional: true,
    slots: VOL_SLOTS,
    init: (state) => initVol(state, 0),
    onStep: (state, { book }) => pushVol(state, 0, stepMs, decay, book.mid),
  };
}
