/** Top of book and last trade of one instrument, over its slots of the engine's state. */
import type { Quote, Trade } from '../../streams/messages/tick.ts';
import type { Book } from '../features/definition.ts';

const BID = 0;
const BID_SIZE = 1;
const ASK = 2;
const ASK_SIZE = 3;
const LAST_PRICE = 4;
const LAST_TRADE_TS = 5;
const LAST_QUOTE_TS = 6;
export const BOOK = { slots: 7 } as const;

export class BookView implements Book {
  private readonly s: Float64Array;
  constructor(slots: Float64Array) {
    this.s = slots;
  }
  get bid(): number { return this.s[BID]!; }
  get bidSize(): number { return this.s[BID_SIZE]!; }
  get ask(): number { return this.s[ASK]!; }
  get askSize(): number { return this.s[ASK_SIZE]!; }
  get lastPrice(): number { return this.s[LAST_PRICE]!; }
  get lastTradeTs(): number { return this.s[LAST_TRADE_TS]!; }
  get lastQuoteTs(): number { return this.s[LAST_QUOTE_TS]!; }
  get hasQuote(): boolean { return this.s[BID]! > 0; }
  get mid(): number { return this.hasQuote ? (this.s[BID]! + this.s[ASK]!) / 2 : this.s[LAST_PRICE]!; }
  /** Known time of the last tick of either kind, µs; NaN before the first. */
  get lastTickTs(): number {
    const trade = this.lastTradeTs;
    const quote = this.lastQuoteTs;
    return Number.isNaN(trade) ? quote : Number.isNaN(quote) ? trade : Math.max(trade, quote);
  }
  reset(): void {
    this.s.fill(NaN);
  }
  quote(quote: Quote, ts: number): void {
    this.s[BID] = quote.bid;
    this.s[BID_SIZE] = quote.bidSize;
    this.s[ASK] = quote.ask;
    this.s[ASK_SIZE] = quote.askSize;
    this.s[LAST_QUOTE_TS] = ts;
  }
  trade(trade: Trade, ts: number): void {
    this.s[LAST_PRICE] = trade.price;
    this.s[LAST_TRADE_TS] = ts;
  }
}
