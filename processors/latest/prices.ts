/**
 * The newest price of each instrument, told at most every PRICE_EVERY_MS of wall time. Pure: the time is an argument.
 *
 * 1. `due` gives an instrument only if something of it changed since it was last given, and not sooner than
 *    PRICE_EVERY_MS after that; so the last tick of a burst is always told, a moment later.
 * 2. One entry an instrument, and only the universe's: a feed may carry more.
 */
import type { InstrumentId } from '../../streams/instrument.ts';
import type { LatestPrice } from '../../streams/messages/latest.ts';
import type { Quote, Trade } from '../../streams/messages/tick.ts';

/** Five a second: as fast as an eye follows. */
export const PRICE_EVERY_MS = 200;

export interface Prices {
  offer(tick: Trade | Quote): void;
  due(nowMs: number): { instrument: InstrumentId; value: LatestPrice }[];
}

const NOTHING: LatestPrice = { v: 1, ts: 0, mid: null, bid: null, ask: null, bidSize: null, askSize: null, last: null };

export function createPrices(instruments: readonly InstrumentId[]): Prices {
  const entries = new Map(instruments.map((instrument) => [instrument, { value: NOTHING, changed: false, toldMs: Number.NEGATIVE_INFINITY }]));
  return {
    offer(tick) {
      const entry = entries.get(tick.instrument);
      if (entry === undefined) return;
      entry.value = after(entry.value, tick);
      entry.changed = true;
    },
    due(nowMs) {
      const found: { instrument: InstrumentId; value: LatestPrice }[] = [];
      for (const [instrument, entry] of entries) {
        if (!entry.changed || nowMs - entry.toldMs < PRICE_EVERY_MS) continue;
        entry.changed = false;
        entry.toldMs = nowMs;
        found.push({ instrument, value: entry.value });
      }
      return found;
    },
  };
}

/** The mid is that of the quotes; the last trade while there are none. Known time never goes back. */
function after(price: LatestPrice, tick: Trade | Quote): LatestPrice {
  const ts = Math.max(price.ts, tick.tsInit);
  if (tick.type === 'trade') return { ...price, ts, last: tick.price, mid: price.bid === null ? tick.price : price.mid };
  return { ...price, ts, mid: (tick.bid + tick.ask) / 2, bid: tick.bid, ask: tick.ask, bidSize: tick.bidSize, askSize: tick.askSize };
}
