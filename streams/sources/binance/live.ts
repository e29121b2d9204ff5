/**
 * Live public ticks of Binance: trades and best bid and ask of the symbols asked for, spot, USD-M futures, or both as one feed.
 *
 *  1. tsInit is the wall time of receipt, never back, over all venues: the order of arrival is the feed's order.
 *  2. The clocks of the 100 ms grid go on while a venue or all of them are away, so the grid closes in a quiet market.
 *  3. Each venue has a link of its own (link.ts), and room of its own for a slow reader (inbox.ts): what is lost or late at
 *     one is a gap of that venue alone.
 */
import type { BinanceConfig } from '../../../runtime/config.ts';
import type { WallClock } from '../../../runtime/clock.ts';
import { RefusedError } from '../../../runtime/errors.ts';
import { toInstrumentId } from '../../instrument.ts';
import { CLOCK_STEP_US } from '../../messages/control.ts';
import type { FeedMessage } from '../../messages/feed.ts';
import { clocksBefore } from '../clockGrid.ts';
import type { Source } from '../source.ts';
import { runConnection } from './connection.ts';
import { createInbox, type Inbox } from './inbox.ts';
import { keepLink, type LinkLimits } from './link.ts';
import { type BinanceVenue, createBinanceParser } from './parse.ts';

type Place = Omit<BinanceConfig, 'kind'>;

/** Public, no key needed. USD-M serves trades and bookTicker under /public since 2026-04-23. */
export const BINANCE_STREAM_URL = { spot: 'wss://stream.binance.com:9443/stream', usdm: 'wss://fstream.binance.com/public/stream' } as const;

export interface LiveLimits extends LinkLimits {
  /** Of each venue. */
  readonly inboxMessages: number;
}
export const LIVE_LIMITS: LiveLimits = {
  handshakeMs: 10_000, subscribeMs: 15_000, checkEveryMs: 500, pingAfterMs: 5_000, deadAfterMs: 12_000, quietAfterMs: 60_000,
  firstMs: 250, maxMs: 30_000, stableMs: 60_000, inboxMessages: 200_000,
};

const MARKET = { spot: 'spot', usdm: 'USD-M futures' } as const;
const TAKE = 500;
const MAX_CHUNK = 1_000;

export const venueOf = ({ market }: Pick<Place, 'market'>): BinanceVenue => `binance-${market}`;

/** Throws RefusedError for an address or symbol that can't be right. Nothing is dialled before messages() is read. */
export function openBinance(places: readonly Place[], wall: WallClock, random: () => number = Math.random, limits: LiveLimits = LIVE_LIMITS): Source {
  const counts: Source['counts'] = { trades: 0, quotes: 0, dropped: {} };
  const venues = places.map((place) => {
    const symbols = checkedSymbols(place);
    const venue = venueOf(place);
    return { venue, symbols, name: MARKET[place.market], url: place.streamUrl, streams: streamsOf(symbols), parser: createBinanceParser(venue, symbols), counts };
  });
  return {
    kind: 'live',
    title: `Live from Binance ${venues.map(({ name, symbols }) => `${name}: ${listed(symbols)}`).join('; ')}`,
    instruments: venues.flatMap(({ venue, symbols }) => symbols.map((symbol) => toInstrumentId(venue, symbol))),
    counts,
    async *messages(signal) {
      const stop = new AbortController();
      const inbox = createInbox(limits.inboxMessages);
      const now = createArrivalClock(wall);
      const startUs = now();
      const either = AbortSignal.any([signal, stop.signal]);
      const links = venues.map((venue) => keepLink({ ...venue, now, entrance: inbox.entrance(venue.venue) }, random, limits, wall, either));
      try {
        yield* withClocks(inbox, startUs, now, wall, signal);
      } finally {
        stop.abort();
        await Promise.all(links);
      }
    },
  };
}

/** One for all venues, so that what came later is never stamped earlier, also where the wall clock is set back. */
function createArrivalClock(wall: WallClock): () => number {
  let knownUs = 0;
  return () => (knownUs = Math.max(knownUs, wall.nowUs()));
}

/** Whether the venue answers a subscription (to the first symbol: a long list takes seconds to ask for) in time. Used to choose the default source. */
export async function probeBinance(place: Place, wall: WallClock, timeoutMs = 3_000): Promise<boolean> {
  const stop = new AbortController();
  const timer = setTimeout(() => stop.abort(), timeoutMs);
  let answered = false;
  const onSubscribed = (): void => {
    answered = true;
    stop.abort();
  };
  await runConnection(place.streamUrl, streamsOf(checkedSymbols(place).slice(0, 1)), { onSubscribed, onText: () => false, onDropped: () => undefined }, LIVE_LIMITS, wall, stop.signal);
  clearTimeout(timer);
  return answered;
}

/** The inbox in order, with the clocks where they belong. */
async function* withClocks(inbox: Inbox, startUs: number, now: () => number, wall: WallClock, signal: AbortSignal): AsyncGenerator<FeedMessage[]> {
  let knownUs = startUs;
  const advance = (tsInit: number): readonly FeedMessage[] => {
    const clocks = clocksBefore(knownUs, tsInit);
    knownUs = Math.max(knownUs, tsInit);
    return clocks;
  };
  let nextClock: Promise<void> | null = null;
  while (!signal.aborted) {
    const nowUs = now();
    const taken = inbox.take(TAKE, nowUs);
    const out: FeedMessage[] = [];
    for (const message of taken) out.push(...advance(message.tsInit), message);
    // Only once everything received is out may the clock pass it.
    if (taken.length < TAKE) out.push(...advance(nowUs));
    for (let i = 0; i < out.length; i += MAX_CHUNK) yield out.slice(i, i + MAX_CHUNK);
    if (out.length > 0) continue;
    nextClock ??= wall.sleep((CLOCK_STEP_US - (nowUs % CLOCK_STEP_US)) / 1_000 + 1, signal).then(() => void (nextClock = null));
    await Promise.race([inbox.arrival(), nextClock]);
  }
}

const streamsOf = (symbols: readonly string[]): string[] => symbols.flatMap((symbol) => [`${symbol.toLowerCase()}@trade`, `${symbol.toLowerCase()}@bookTicker`]);
const listed = (symbols: readonly string[]): string => (symbols.length <= 4 ? symbols.join(', ') : `${symbols.slice(0, 3).join(', ')} and ${symbols.length - 3} more`);

function checkedSymbols({ streamUrl, symbols }: Place): string[] {
  if (!/^wss?:\/\//.test(streamUrl)) throw new RefusedError(`${streamUrl}: not a WebSocket address`, `Binance's own is ${BINANCE_STREAM_URL.spot} or ${BINANCE_STREAM_URL.usdm}.`);
  const wrong = symbols.filter((symbol) => !/^[\p{L}\p{N}_-]{1,32}$/u.test(symbol));
  if (wrong.length > 0) throw new RefusedError(`not a symbol of Binance: ${wrong.slice(0, 5).join(', ')}`, 'Write it as the venue does, for example BTCUSDT.');
  return [...new Set(symbols.map((symbol) => symbol.toUpperCase()))];
}
