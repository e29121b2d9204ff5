/** Top-of-book imbalance at the close of each step, smoothed: does the pressure last, or did it flicker? */
import type { FeatureDefinition } from './definition.ts';
import { topImbalance } from './imbalance.ts';
import { EWMA_SLOTS, decayPerStep, initEwma, pushEwma } from './toolkit/ewma.ts';
import { known } from './toolkit/number.ts';
import { label } from './toolkit/window.ts';

export function imbalanceEwma(halfLifeMs: number, stepMs: number): FeatureDefinition {
  const decay = decayPerStep(halfLifeMs, stepMs);
  return {
    name: `imb_ewma_${label(halfLifeMs)}`,
    group: 'book',
    unit: '1',
    source: 'EWMA(imb_top)',
    warmupMs: 0,
    directional: true,
    slots: EWMA_SLOTS,
    init: (state) => initEwma(state, 0),
    onStep: (state, { book }) => pushEwma(state, 0, decay, known(topImbalance(book))),
  };
}
