/** The microprice's distance from the mid in units of one second's volatility, so that instruments can be pooled. */
import type { FeatureDefinition } from './definition.ts';
import { micropriceDeviationBps } from './microprice.ts';
import { VOL_RETURNS, VOL_SLOTS, initVol, pushVol, volDecay } from './toolkit/volatility.ts';

export function micropriceScaled(stepMs: number): FeatureDefinition {
  const decay = volDecay(stepMs);
  return {
    name: 'mp_dev_vol',
    group: 'book',
    unit: '1',
    source: 'mp_dev_bps / vol_ewma_60s',
    warmupMs: VOL_RETURNS * stepMs,
    directional: true,
    slots: VOL_SLOTS,
    init: (state) => initVol(state, 0),
    onStep: (state, { book }) => micropriceDeviationBps(book) / pushVol(state, 0, stepMs, decay, book.mid),
  };
}
