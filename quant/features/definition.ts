/**
 * What a feature is. A feature keeps its whole state in a fixed slice of one Float64Array, so a snapshot is a copy of
 * bytes, equal state means equal bytes, and no feature can grow. It learns of ticks through onQuote and onTrade (O(1))
 * and gives its value when a step of the grid closes (amortised O(1)).
 *
 * Adding a feature: one file that exports a FeatureDefinition (or a factory of them), one line in catalogue.ts.
 */
import type { Quote, Trade } from '../../streams/messages/tick.ts';

/** Top of book and last trade of one instrument. NaN = not seen yet. Before a tick's handlers run, this is still the book before that tick. */
export interface Book {
  readonly bid: number;
  readonly bidSize: number;
  readonly ask: number;
  readonly askSize: number;
  /** (bid+ask)/2; the last trade without quotes; NaN before either. */
  readonly mid: number;
  readonly lastPrice: number;
  /** Known time of the last trade and the last quote, µs. */
  readonly lastTradeTs: number;
  readonly lastQuoteTs: number;
}

/** The moment a step closes. */
export interface Step {
  /** Grid time, µs. */
  readonly ts: number;
  readonly stepMs: number;
  readonly book: Book;
  /** Mids of the universe's leaders at this step, at most four; NaN = unknown or not configured. */
  readonly leaderMids: readonly number[];
  /** The session's bounds, µs. NaN for markets that never close. */
  readonly sessionFrom: number;
  readonly sessionTo: number;
}

export interface FeatureDefinition {
  /** snake_case with its window, e.g. `ret_5s`. Unique in the catalogue. */
  readonly name: string;
  readonly group: 'return' | 'volatility' | 'momentum' | 'book' | 'flow' | 'liquidity' | 'leader' | 'time';
  /** 'bps', '1' (dimensionless), 's', 'shares/s', … */
  readonly unit: string;
  /** Where the formula comes from. */
  readonly source: string;
  /** Milliseconds of frames before the value is meant to be known. NaN is given until then. */
  readonly warmupMs: number;
  /** May a directional model use it? Time of day may not. */
  readonly directional: boolean;
  /** Float64 slots of state. */
  readonly slots: number;
  /** Writes the initial state. Called at start, at a session's opening and after a gap. */
  init(state: Float64Array): void;
  /** `before` is the book before this tick; `ts` is known time, µs. */
  onQuote?(state: Float64Array, quote: Quote, before: Book, ts: number): void;
  onTrade?(state: Float64Array, trade: Trade, before: Book, ts: number): void;
  /** Advances the state by one step and gives the value; NaN = not known. Called exactly once a step. */
  onStep(state: Float64Array, step: Step): number;
}
