/**
 * Bars of one feed, incrementally, on known time (the running maximum of tsInit): open, high, low, close of the mids of
 * the quotes in the bar; of its trades' prices where it holds no quote. Volume and count are those of its trades.
 *
 * 1. A bar depends on nothing but the messages that fall into it: it can be made again from them, without what came before.
 * 2. A bar closes when known time reaches its end, or the feed ends. An interval without ticks has no bar.
 * 3. All intervals divide the longest one. So a builder that starts anew after `settledSeq` gives the bars that are open
 *    now, and all later ones, exactly as this one does; bars it gives again are equal to those given before.
 */
import type { FeedMessage } from '../streams/messages/feed.ts';

export interface Bar {
  readonly instrument: string; readonly intervalMs: number;
  /** Opening, µs. */
  readonly ts: number;
  readonly open: number; readonly high: number; readonly low: number; readonly close: number; readonly volume: number; readonly trades: number;
}

export const BAR_INTERVALS_MS = [1_000, 60_000] as const;

export interface BarBuilder {
  /** The bars that this message closes. Messages come in feed order. */
  update(seq: number, message: FeedMessage): readonly Bar[];
  /** The last message that no open bar depends on. */
  settledSeq(): number;
}

type OpenBar = { -readonly [K in Exclude<keyof Bar, 'instrument' | 'intervalMs' | 'ts'>]: Bar[K] } & { quoted: boolean };
interface Interval { readonly us: number; start: number; readonly bars: Map<string, OpenBar> }

const NONE: readonly Bar[] = [];

export function createBars(intervalsMs: readonly number[] = BAR_INTERVALS_MS): BarBuilder {
  const longest = Math.max(...intervalsMs);
  if (intervalsMs.some((ms) => longest % ms !== 0)) throw new RangeError(`bar intervals must divide the longest: ${intervalsMs.join(', ')} ms`);
  const intervals: Interval[] = intervalsMs.map((ms) => ({ us: ms * 1_000, start: Number.NaN, bars: new Map() }));
  let knownTs = Number.NEGATIVE_INFINITY;
  /** The earliest end of an open bar. */
  let nextEnd = Number.NEGATIVE_INFINITY;
  let settled = 0;

  const closeUntil = (seq: number): Bar[] => {
    const closed: Bar[] = [];
    nextEnd = Number.POSITIVE_INFINITY;
    for (const interval of intervals) {
      const start = Math.floor(knownTs / interval.us) * interval.us;
      if (start !== interval.start) {
        closeAll(interval, closed);
        interval.start = start;
        if (interval.us === longest * 1_000) settled = seq - 1;
      }
      nextEnd = Math.min(nextEnd, start + interval.us);
    }
    return closed;
  };

  return {
    settledSeq: () => settled,
    update(seq, message) {
      if (message.tsInit > knownTs) knownTs = message.tsInit;
      const closed = knownTs >= nextEnd ? closeUntil(seq) : NONE;
      if (message.type === 'clock') return closed;
      if (message.type === 'status') {
        if (message.status.kind !== 'end') return closed;
        const last = [...closed];
        for (const interval of intervals) closeAll(interval, last);
        settled = seq;
        return last;
      }
      for (const interval of intervals) addTick(interval.bars, message);
      return closed;
    },
  };
}

function closeAll(interval: Interval, into: Bar[]): void {
  for (const [instrument, { open, high, low, close, volume, trades }] of interval.bars) {
    into.push({ instrument, intervalMs: interval.us / 1_000, ts: interval.start, open, high, low, close, volume, trades });
  }
  interval.bars.clear();
}

function addTick(bars: Map<string, OpenBar>, tick: Extract<FeedMessage, { type: 'trade' | 'quote' }>): void {
  const quoted = tick.type === 'quote';
  const price = quoted ? (tick.bid + tick.ask) / 2 : tick.price;
  let bar = bars.get(tick.instrument);
  if (bar === undefined) {
    bar = { open: price, high: price, low: price, close: price, volume: 0, trades: 0, quoted };
    bars.set(tick.instrument, bar);
  } else if (quoted && !bar.quoted) {
    Object.assign(bar, { open: price, high: price, low: price, close: price, quoted });
  } else if (quoted === bar.quoted) {
    if (price > bar.high) bar.high = price;
    if (price < bar.low) bar.low = price;
    bar.close = price;
  }
  if (!quoted) {
    bar.volume += tick.size;
    bar.trades += 1;
  }
}
