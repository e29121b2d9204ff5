/** Quoted spread over the mid, bps. Stateless; negative in a crossed market. */
import type { Book, FeatureDefinition } from './definition.ts';
import { BPS, ratio } from './toolkit/number.ts';

export const spreadBps = ({ bid, ask, mid }: Book): number => ratio(BPS * (ask - bid), mid);

export const spread: FeatureDefinition = {
  name: 'spread_bps',
  group: 'book',
  unit: 'bps',
  source: '(ask − bid)/mid',
  warmupMs: 0,
  directional: true,
  slots: 0,
  init: () => {},
  onStep: (_, { book }) => spreadBps(book),
};
