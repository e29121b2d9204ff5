/**
 * For tests: runs features over a history that is held in memory, as plainly as can be. A history keeps what each step
 * saw, so that a batch computation can look at all of it again.
 */
import type { Quote, Trade } from '../../../streams/messages/tick.ts';
import type { Book, FeatureDefinition, Step } from '../definition.ts';

export type Tick = Quote | Trade;
/** A tick with the book before it. */
export interface Seen {
  readonly tick: Tick;
  readonly before: Book;
}
/** One step of the grid: its ticks in order, then how it closed. */
export interface Closed {
  readonly seen: readonly Seen[];
  readonly step: Step;
}
export type History = readonly Closed[];

export const START_US = 1_700_000_000_000_000;
const INSTRUMENT = 'test.AAA';

export const quote = (bid: number, bidSize: number, ask: number, askSize: number, ts = START_US): Quote =>
  ({ v: 1, type: 'quote', instrument: INSTRUMENT, bid, bidSize, ask, askSize, tsEvent: ts, tsInit: ts });
export const trade = (price: number, size: number, side?: 'buy' | 'sell', ts = START_US): Trade =>
  ({ v: 1, type: 'trade', instrument: INSTRUMENT, price, size, ...(side && { side }), tsEvent: ts, tsInit: ts });

export const EMPTY_BOOK: Book = {
  bid: NaN, bidSize: NaN, ask: NaN, askSize: NaN, mid: NaN, lastPrice: NaN, lastTradeTs: NaN, lastQuoteTs: NaN,
};

export function nextBook(book: Book, tick: Tick): Book {
  if (tick.type === 'trade') {
    return { ...book, lastPrice: tick.price, lastTradeTs: tick.tsInit, mid: book.bid > 0 ? book.mid : tick.price };
  }
  const { bid, bidSize, ask, askSize } = tick;
  return { ...book, bid, bidSize, ask, askSize, mid: (bid + ask) / 2, lastQuoteTs: tick.tsInit };
}

export interface Options {
  readonly leaderMids?: (index: number) => readonly number[];
  readonly session?: { readonly from: number; readonly to: number };
}

export function historyOf(stepMs: number, ticksByStep: readonly (readonly Tick[])[], options: Options = {}): History {
  let book = EMPTY_BOOK;
  return ticksByStep.map((ticks, index) => {
    const seen = ticks.map((tick) => {
      const before = book;
      book = nextBook(book, tick);
      return { tick, before };
    });
    const step: Step = {
      ts: START_US + (index + 1) * stepMs * 1_000, stepMs, book,
      leaderMids: options.leaderMids?.(index) ?? [], sessionFrom: options.session?.from ?? NaN, sessionTo: options.session?.to ?? NaN,
    };
    return { seen, step };
  });
}

/** One step whose mid is `mid`, from a quote of equal sizes. */
export const midTicks = (mid: number): readonly Tick[] => [quote(mid, 1, mid, 1)];

export function initialState(feature: FeatureDefinition): Float64Array {
  // A feature owns its slots and nothing else: the guards beside them must stay as they are.
  const state = new Float64Array(feature.slots + 2).fill(GUARD).subarray(1, feature.slots + 1);
  feature.init(state);
  return state;
}
export const GUARD = -12_345.678;

export function advance(feature: FeatureDefinition, state: Float64Array, { seen, step }: Closed): number {
  for (const { tick, before } of seen) {
    if (tick.type === 'quote') feature.onQuote?.(state, tick, before, tick.tsInit);
    else feature.onTrade?.(state, tick, before, tick.tsInit);
  }
  return feature.onStep(state, step);
}

/** A feature's value at each step. */
export function valuesOf(feature: FeatureDefinition, history: History): number[] {
  const state = initialState(feature);
  return history.map((closed) => advance(feature, state, closed));
}

export function named(features: readonly FeatureDefinition[], name: string): FeatureDefinition {
  const feature = features.find((candidate) => candidate.name === name);
  if (!feature) throw new Error(`no feature ${name}`);
  return feature;
}
