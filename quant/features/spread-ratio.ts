/** The spread against what it usually is (half-life 60 s). NaN where the usual one isn't above 0. */
import type { FeatureDefinition } from './definition.ts';
import { spreadBps } from './spread.ts';
import { EWMA_SLOTS, decayPerStep, initEwma, pushEwma } from './toolkit/ewma.ts';
import { known, ratio } from './toolkit/number.ts';
import { label } from './toolkit/window.ts';

export function spreadRatio(halfLifeMs: number, stepMs: number): FeatureDefinition {
  const decay = decayPerStep(halfLifeMs, stepMs);
  return {
    name: `spread_ratio_${label(halfLifeMs)}`,
    group: 'book',
    unit: '1',
    source: 'spread_bps / EWMA(spread_bps)',
    warmupMs: 0,
    directional: true,
    slots: EWMA_SLOTS,
    init: (state) => initEwma(state, 0),
    onStep(state, { book }) {
      const now = known(spreadBps(book));
      return ratio(now, pushEwma(state, 0, decay, now));
    },
  };
}
