/** Size at the top of the book against what it usually is (half-life 60 s), as a logarithm: 0 usual, ln 2 twice as much. */
import type { FeatureDefinition } from './definition.ts';
import { DEPTH_SLOTS, depthDecay, initDepth, pushDepth } from './toolkit/depth.ts';

export function depthRatio(stepMs: number): FeatureDefinition {
  const decay = depthDecay(stepMs);
  return {
    name: 'depth_ratio_60s',
    group: 'liquidity',
    unit: '1',
    source: 'ln(top-of-book size / its EWMA)',
    warmupMs: 0,
    directional: true,
    slots: DEPTH_SLOTS,
    init: (state) => initDepth(state, 0),
    onStep(state, { book }) {
      const now = (book.bidSize + book.askSize) / 2;
      const usual = pushDepth(state, 0, decay, book);
      return now > 0 && usual > 0 ? Math.log(now / usual) : Number.NaN;
    },
  };
}
