/** How much of the trading session has passed, 0 to 1. NaN for markets that never close. For volatility, not direction. */
import type { FeatureDefinition } from './definition.ts';
import { ratio } from './toolkit/number.ts';

export const sessionPosition: FeatureDefinition = {
  name: 'session_pos',
  group: 'time',
  unit: '1',
  source: '(T − open)/(close − open)',
  warmupMs: 0,
  directional: false,
  slots: 0,
  init: () => {},
  onStep: (_, { ts, sessionFrom, sessionTo }) => ratio(ts - sessionFrom, sessionTo - sessionFrom),
};
