/** Seconds of known time since the last trade or quote, at most ten minutes. Stateless; NaN before the first. */
import type { FeatureDefinition } from './definition.ts';

/** Beyond ten minutes an instrument is simply asleep; how long tells no more. */
const LONGEST_S = 600;
const secondsBetween = (nowUs: number, thenUs: number): number => Math.min(LONGEST_S, (nowUs - thenUs) / 1_000_000);

export const sinceTrade: FeatureDefinition = {
  name: 'since_trade_s',
  group: 'liquidity',
  unit: 's',
  source: 'frame time − known time of the last trade',
  warmupMs: 0,
  directional: true,
  slots: 0,
  init: () => {},
  onStep: (_, { ts, book }) => secondsBetween(ts, book.lastTradeTs),
};

export const sinceQuote: FeatureDefinition = {
  name: 'since_quote_s',
  group: 'liquidity',
  unit: 's',
  source: 'frame time − known time of the last quote',
  warmupMs: 0,
  directional: true,
  slots: 0,
  init: () => {},
  onStep: (_, { ts, book }) => secondsBetween(ts, book.lastQuoteTs),
};
