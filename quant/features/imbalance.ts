/** Which side of the top of the book is thicker, −1 to 1. Stateless. */
import type { Book, FeatureDefinition } from './definition.ts';
import { ratio } from './toolkit/number.ts';

export const topImbalance = ({ bidSize, askSize }: Book): number => ratio(bidSize - askSize, bidSize + askSize);

export const imbalance: FeatureDefinition = {
  name: 'imb_top',
  group: 'book',
  unit: '1',
  source: '(bidSize − askSize)/(bidSize + askSize); Cartea, Jaimungal, Penalva 2015',
  warmupMs: 0,
  directional: true,
  slots: 0,
  init: () => {},
  onStep: (_, { book }) => topImbalance(book),
};
