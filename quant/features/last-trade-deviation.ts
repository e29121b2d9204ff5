/** How far the last trade was above the mid, bps: which side traded last, and how stale that is. Stateless. */
import type { FeatureDefinition } from './definition.ts';
import { BPS, ratio } from './toolkit/number.ts';

export const lastTradeDeviation: FeatureDefinition = {
  name: 'last_dev_bps',
  group: 'book',
  unit: 'bps',
  source: '(last price − mid)/mid',
  warmupMs: 0,
  directional: true,
  slots: 0,
  init: () => {},
  onStep: (_, { book }) => ratio(BPS * (book.lastPrice - book.mid), book.mid),
};
