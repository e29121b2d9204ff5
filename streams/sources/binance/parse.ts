/**
 * Binance frames to ticks: the combined-stream form {"stream", "data"} and the bare data, spot and USD-M futures.
 * The live adapter and the recording read through this one parser, so a recorded frame and a live one mean the same.
 *
 *  1. A tick comes out once: an id (trade `t`, bookTicker `u`) at or below the last one of its symbol is a duplicate,
 *     whichever connection it came over.
 *  2. Only market trades are ticks: USD-M also reports insurance fund and ADL fills (`X` ≠ MARKET), some at price 0.
 *  3. Hostile text never throws, never leaves a number that isn't finite, and changes no state unless it is accepted.
 *
 * Field meanings: "Trade Streams" and "Individual Symbol Book Ticker Streams" in Binance's WebSocket stream documentation.
 */
import { type InstrumentId, toInstrumentId } from '../../instrument.ts';
import type { FeedMessage } from '../../messages/feed.ts';
import { MAX_PRICE, MAX_SIZE, type Quote, type Trade } from '../../messages/tick.ts';

export type BinanceVenue = 'binance-usdm' | 'binance-spot';
export type DropReason = 'notMarket' | 'duplicate' | 'malformed' | 'tooLarge' | 'unknownSymbol';
export type Parsed = FeedMessage | { readonly dropped: DropReason } | null;
export interface BinanceParser {
  /** null: a frame that isn't a tick and isn't meant to be (depth, snapshot, reply to a request). tsInit in µs. */
  parse(text: string, tsInit: number): Parsed;
}

/** The largest real frame, a 1,000-level depth snapshot, has 64,000 characters; a tick has fewer than 300. */
export const MAX_FRAME_CHARS = 1_000_000;
/** Symbols remembered when no list is given. Binance lists about 3,000 of them in one market. */
const MAX_SYMBOLS = 5_000;
const MAX_SYMBOL_CHARS = 32;

/** Every price and size of Binance is a plain decimal in a string; Number() alone would also take '', ' 1 ', '0x1f' and 'Infinity'. */
const DECIMAL = /^\d{1,20}(?:\.\d{1,20})?$/;
const SYMBOL = /^[\p{L}\p{N}_-]+$/u;
/** Which stream a combined frame is of, without parsing the rest: depth frames are long and many. */
const STREAM = /^\{"stream":"[^"@]{1,64}@([A-Za-z]{1,32})/;

/**
 * A combined quote as Binance writes it. Most frames are such, and this takes a third of JSON.parse's time; what is written otherwise is left
 * to that. No group takes what JSON would not, nor a number that isn't exact.
 */
const QUOTE = /^\{"stream":"[a-z0-9_]{1,64}@bookTicker","data":\{(?:"e":"bookTicker",)?"u":(0|[1-9]\d{0,14}),"s":"([A-Z0-9]{1,32})","b":"([\d.]{1,41})","B":"([\d.]{1,41})","a":"([\d.]{1,41})","A":"([\d.]{1,41})"(?:,"T":(0|[1-9]\d{0,14}),"E":(?:0|[1-9]\d{0,14}))?\}\}$/;

type Fields = Readonly<Record<string, unknown>>;
/** Last id accepted, per symbol and kind. */
interface SymbolState { readonly instrument: InstrumentId; lastTradeId: number; lastUpdateId: number }

const MALFORMED = { dropped: 'malformed' } as const;
const DUPLICATE = { dropped: 'duplicate' } as const;
const NOT_MARKET = { dropped: 'notMarket' } as const;
const TOO_LARGE = { dropped: 'tooLarge' } as const;
const UNKNOWN_SYMBOL = { dropped: 'unknownSymbol' } as const;

/** `symbols` (upper case) limits what is accepted; without it, the first 5,000 symbols seen are. */
export function createBinanceParser(venue: BinanceVenue, symbols?: readonly string[]): BinanceParser {
  const states = new Map<string, SymbolState>();
  const remember = (symbol: string): SymbolState => {
    const state = { instrument: toInstrumentId(venue, symbol), lastTradeId: -1, lastUpdateId: -1 };
    states.set(symbol, state);
    return state;
  };
  for (const symbol of symbols ?? []) remember(symbol);

  const stateOf = (symbol: unknown): SymbolState | typeof UNKNOWN_SYMBOL | typeof MALFORMED => {
    if (typeof symbol !== 'string' || symbol.length > MAX_SYMBOL_CHARS) return MALFORMED;
    const known = states.get(symbol);
    if (known) return known;
    if (!SYMBOL.test(symbol)) return MALFORMED;
    return symbols || states.size >= MAX_SYMBOLS ? UNKNOWN_SYMBOL : remember(symbol);
  };

  return {
    parse(text, tsInit) {
      if (text.length > MAX_FRAME_CHARS) return TOO_LARGE;
      const quote = quoteOf(text);
      if (quote !== null) return toQuote(quote, stateOf, tsInit);
      const stream = STREAM.exec(text)?.[1];
      if (stream !== undefined && stream !== 'trade' && stream !== 'bookTicker') return null;
      const data = dataOf(text);
      if (data === null) return MALFORMED;
      if (data['e'] === 'trade') return toTrade(data, stateOf, tsInit);
      // Spot's bookTicker names no event; what tells it apart is an update id beside a best bid.
      if (data['e'] === 'bookTicker' || (data['e'] === undefined && 'u' in data && 'b' in data)) return toQuote(data, stateOf, tsInit);
      return stream === undefined ? null : MALFORMED;
    },
  };
}

type StateOf = (symbol: unknown) => SymbolState | { readonly dropped: DropReason };

function toTrade(data: Fields, stateOf: StateOf, tsInit: number): Trade | { readonly dropped: DropReason } {
  if (data['X'] !== undefined && data['X'] !== 'MARKET') return NOT_MARKET;
  const { t: id, m: buyerIsMaker } = data;
  const price = toDecimal(data['p']);
  const size = toDecimal(data['q']);
  const tsEvent = toMicros(data['T']);
  if (!(price > 0 && price <= MAX_PRICE && size > 0 && size <= MAX_SIZE) || !isId(id) || tsEvent < 0 || typeof buyerIsMaker !== 'boolean') return MALFORMED;
  const state = stateOf(data['s']);
  if ('dropped' in state) return state;
  if (id <= state.lastTradeId) return DUPLICATE;
  state.lastTradeId = id;
  // The maker waited in the book, so the other one is the aggressor.
  return { v: 1, type: 'trade', price, size, side: buyerIsMaker ? 'sell' : 'buy', id: String(id), tsEvent, tsInit, instrument: state.instrument };
}

function toQuote(data: Fields, stateOf: StateOf, tsInit: number): Quote | { readonly dropped: DropReason } {
  const { u: updateId } = data;
  const bid = toDecimal(data['b']);
  const bidSize = toDecimal(data['B']);
  const ask = toDecimal(data['a']);
  const askSize = toDecimal(data['A']);
  const tsEvent = data['T'] === undefined ? tsInit : toMicros(data['T']);
  if (!(bid > 0 && ask > 0 && Math.max(bid, ask) <= MAX_PRICE && Math.max(bidSize, askSize) <= MAX_SIZE) || !isId(updateId) || tsEvent < 0) return MALFORMED;
  const state = stateOf(data['s']);
  if ('dropped' in state) return state;
  if (updateId <= state.lastUpdateId) return DUPLICATE;
  state.lastUpdateId = updateId;
  return { v: 1, type: 'quote', bid, bidSize, ask, askSize, tsEvent, tsInit, instrument: state.instrument };
}

function quoteOf(text: string): Fields | null {
  const match = QUOTE.exec(text);
  if (match === null) return null;
  const [, u, s, b, B, a, A, T] = match;
  return { u: Number(u), s, b, B, a, A, T: T === undefined ? T : Number(T) };
}

/** The event's fields, or null when the text is no JSON object. */
function dataOf(text: string): Fields | null {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return null;
  }
  if (!isObject(value)) return null;
  if (value['stream'] === undefined) return value;
  const data = value['data'];
  return isObject(data) ? data : null;
}

const isObject = (value: unknown): value is Fields => typeof value === 'object' && value !== null && !Array.isArray(value);
const isId = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;

/** NaN for what isn't a plain decimal. */
const toDecimal = (value: unknown): number => (typeof value === 'string' && DECIMAL.test(value) ? Number(value) : Number.NaN);

/** Binance's milliseconds to µs; −1 for what isn't a time that stays exact. */
function toMicros(value: unknown): number {
  if (!isId(value)) return -1;
  const micros = value * 1_000;
  return Number.isSafeInteger(micros) ? micros : -1;
}
