/**
 * How far the microprice is from the mid: the strongest single predictor of the next move, and the yardstick that any
 * model must beat. Stateless; known with a quote whose sizes are both above 0.
 * (bid·askSize + ask·bidSize)/(bidSize + askSize) − mid is half the spread times the imbalance, which doesn't cancel.
 */
import type { Book, FeatureDefinition } from './definition.ts';
import { BPS } from './toolkit/number.ts';

export const micropriceDeviationBps = ({ bid, bidSize, ask, askSize, mid }: Book): number =>
  bidSize > 0 && askSize > 0 && mid > 0
    ? (BPS * ((ask - bid) / 2) * ((bidSize - askSize) / (bidSize + askSize))) / mid
    : Number.NaN;

export const microprice: FeatureDefinition = {
  name: 'mp_dev_bps',
  group: 'book',
  unit: 'bps',
  source: '(microprice − mid)/mid; microprice: Gatheral, Oomen 2010; Stoikov 2018',
  warmupMs: 0,
  directional: true,
  slots: 0,
  init: () => {},
  onStep: (_, { book }) => micropriceDeviationBps(book),
};
