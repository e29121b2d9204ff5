/**
 * Live public ticks of Binance: trades and best bid and ask of the symbols asked for, spot or USD-M futures.
 *
 *  1. tsInit is the wall time of receipt, never back; the clocks of the 100 ms grid go on
 *     while the venue is away, so the grid closes in a quiet market.
 *  2. The connection is renewed for as long as it takes: on an error, on silence (staleness.ts) and after the venue's
 *     own 24 hours, waiting as backoff.ts says. Every connection subscribes anew.
 *  3. A new tick comes out once: the parser outlives connections and drops ids it has seen.
 *  4. Statuses in order: `disconnected` at the start and with each reason, `connected` when the venue has confirmed
 *     every stream, then `gap` from the last tick before the loss to that moment.
 *  5. A slow reader costs a bounded amount of memory (inbox.ts), then a counted gap.
 */
import type { SourceConfig } from '../../../runtime/config.ts';
import type { WallClock } from '../../../runtime/clock.ts';
import { RefusedError } from '../../../runtime/errors.ts';
import { toInstrumentId } from '../../instrument.ts';
import { CLOCK_STEP_US, type Status } from '../../messages/control.ts';
import type { FeedMessage } from '../../messages/feed.ts';
import { clocksBefore } from '../clockGrid.ts';
import type { Source } from '../source.ts';
import { type BackoffLimits, createBackoff } from './backoff.ts';
import { type ConnectionLimits, runConnection } from './connection.ts';
import { createInbox, type Inbox } from './inbox.ts';
import { type BinanceParser, type BinanceVenue, createBinanceParser } from './parse.ts';

export type BinanceConfig = Omit<Extract<SourceConfig, { kind: 'binance' }>, 'kind'>;

/** Public, no key needed. USD-M serves trades and bookTicker under /public since 2026-04-23. */
export const BINANCE_STREAM_URL = { spot: 'wss://stream.binance.com:9443/stream', usdm: 'wss://fstream.binance.com/public/stream' } as const;

export interface LiveLimits extends ConnectionLimits, BackoffLimits {
  /** A connection that lasted this long resets the back-off. Binance bans addresses that dial 300 times in 5 minutes. */
  readonly stableMs: number;
  readonly inboxMessages: number;
}
export const LIVE_LIMITS: LiveLimits = {
  handshakeMs: 10_000, subscribeMs: 15_000, checkEveryMs: 500, pingAfterMs: 5_000, deadAfterMs: 12_000, quietAfterMs: 60_000,
  firstMs: 250, maxMs: 30_000, stableMs: 60_000, inboxMessages: 200_000,
};

const VENUE: Record<BinanceConfig['market'], BinanceVenue> = { spot: 'binance-spot', usdm: 'binance-usdm' };
const TAKE = 500;
const MAX_CHUNK = 1_000;

/** Throws RefusedError for an address or symbol that can't be right. Nothing is dialled before messages() is read. */
export function openBinance(config: BinanceConfig, wall: WallClock, random: () => number = Math.random, limits: LiveLimits = LIVE_LIMITS): Source {
  const symbols = checkedSymbols(config);
  const venue = VENUE[config.market];
  const counts: Source['counts'] = { trades: 0, quotes: 0, dropped: {} };
  const parser = createBinanceParser(venue, symbols);
  return {
    kind: 'live',
    title: `Live from Binance ${config.market === 'spot' ? 'spot' : 'USD-M futures'}: ${listed(symbols)}`,
    instruments: symbols.map((symbol) => toInstrumentId(venue, symbol)),
    counts,
    async *messages(signal) {
      const startUs = wall.nowUs();
      const stop = new AbortController();
      const inbox = createInbox(limits.inboxMessages);
      const link = keepConnected(config.streamUrl, streamsOf(symbols), createReceiver(inbox, parser, counts, wall), random, limits, wall, AbortSignal.any([signal, stop.signal]));
      try {
        yield* withClocks(inbox, startUs, wall, signal);
      } finally {
        stop.abort();
        await link;
      }
    },
  };
}

/** Whether the venue answers a subscription (to the first symbol: a long list takes seconds to ask for) in time. Used to choose the default source. */
export async function probeBinance(config: BinanceConfig, wall: WallClock, timeoutMs = 3_000): Promise<boolean> {
  const stop = new AbortController();
  const timer = setTimeout(() => stop.abort(), timeoutMs);
  let answered = false;
  const onSubscribed = (): void => {
    answered = true;
    stop.abort();
  };
  await runConnection(config.streamUrl, streamsOf(checkedSymbols(config).slice(0, 1)), { onSubscribed, onText: () => false, onDropped: () => undefined }, LIVE_LIMITS, wall, stop.signal);
  clearTimeout(timer);
  return answered;
}

/** The inbox in order, with the clocks where they belong. */
async function* withClocks(inbox: Inbox, startUs: number, wall: WallClock, signal: AbortSignal): AsyncGenerator<FeedMessage[]> {
  let knownUs = startUs;
  const advance = (tsInit: number): readonly FeedMessage[] => {
    const clocks = clocksBefore(knownUs, tsInit);
    knownUs = Math.max(knownUs, tsInit);
    return clocks;
  };
  let nextClock: Promise<void> | null = null;
  while (!signal.aborted) {
    const nowUs = wall.nowUs();
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

interface Receiver {
  now(): number;
  text(text: string): boolean;
  dropped(reason: string): void;
  status(status: Status['status'], tsInit: number): void;
}

/** From frames to the inbox: stamps, parses, counts. */
function createReceiver(inbox: Inbox, parser: BinanceParser, counts: Source['counts'], wall: WallClock): Receiver {
  let knownUs = 0;
  const now = (): number => (knownUs = Math.max(knownUs, wall.nowUs()));
  const dropped = (reason: string): void => void (counts.dropped[reason] = (counts.dropped[reason] ?? 0) + 1);
  return {
    now,
    dropped,
    text(text) {
      const parsed = parser.parse(text, now());
      if (parsed === null) return false;
      if ('dropped' in parsed) {
        dropped(parsed.dropped);
        return false;
      }
      if (parsed.type !== 'trade' && parsed.type !== 'quote') return false;
      if (!inbox.push(parsed)) dropped('overflow');
      else if (parsed.type === 'trade') counts.trades++;
      else counts.quotes++;
      return true;
    },
    status: (status, tsInit) => void inbox.push({ v: 1, type: 'status', tsInit, status }),
  };
}

async function keepConnected(url: string, streams: readonly string[], receiver: Receiver, random: () => number, limits: LiveLimits, wall: WallClock, signal: AbortSignal): Promise<void> {
  const backoff = createBackoff(limits, random);
  let gapFromUs = receiver.now();
  let gapReason = 'before the first connection';
  let said = `connecting to ${new URL(url).host}`;
  receiver.status({ kind: 'disconnected', detail: said }, gapFromUs);
  while (!signal.aborted) {
    let subscribedUs: number | null = null;
    let lastTickUs = 0;
    const ended = await runConnection(url, streams, {
      onSubscribed() {
        subscribedUs = receiver.now();
        receiver.status({ kind: 'connected', detail: `${streams.length} streams` }, subscribedUs);
        receiver.status({ kind: 'gap', from: gapFromUs, to: subscribedUs, reason: gapReason }, subscribedUs);
      },
      onText(text) {
        const isTick = receiver.text(text);
        if (isTick) lastTickUs = receiver.now();
        return isTick;
      },
      onDropped: receiver.dropped,
    }, limits, wall, signal);
    if (signal.aborted) return;
    if (subscribedUs !== null) {
      gapFromUs = Math.max(subscribedUs, lastTickUs);
      gapReason = ended;
      if (receiver.now() - subscribedUs >= limits.stableMs * 1_000) backoff.reset();
    }
    // A venue that stays away is reported once a reason, not once an attempt.
    if (subscribedUs !== null || ended !== said) receiver.status({ kind: 'disconnected', detail: ended }, receiver.now());
    said = ended;
    await wall.sleep(backoff.nextMs(), signal);
  }
}

const streamsOf = (symbols: readonly string[]): string[] => symbols.flatMap((symbol) => [`${symbol.toLowerCase()}@trade`, `${symbol.toLowerCase()}@bookTicker`]);
const listed = (symbols: readonly string[]): string => (symbols.length <= 4 ? symbols.join(', ') : `${symbols.slice(0, 3).join(', ')} and ${symbols.length - 3} more`);

function checkedSymbols({ streamUrl, symbols }: BinanceConfig): string[] {
  if (!/^wss?:\/\//.test(streamUrl)) throw new RefusedError(`${streamUrl}: not a WebSocket address`, `Binance's own is ${BINANCE_STREAM_URL.spot} or ${BINANCE_STREAM_URL.usdm}.`);
  const wrong = symbols.filter((symbol) => !/^[\p{L}\p{N}_-]{1,32}$/u.test(symbol));
  if (wrong.length > 0) throw new RefusedError(`not a symbol of Binance: ${wrong.slice(0, 5).join(', ')}`, 'Write it as the venue does, for example BTCUSDT.');
  return [...new Set(symbols.map((symbol) => symbol.toUpperCase()))];
}
