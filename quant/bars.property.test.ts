/** Laws: started anew anywhere, the same bars; and each bar equals the one computed from its own messages alone. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { FeedMessage } from '../streams/messages/feed.ts';
import { type Bar, createBars } from './bars.ts';

const T0 = 1_721_347_200_000_000;
const instrument = fc.constantFrom('v.A', 'v.B', 'v.C');
const price = fc.integer({ min: 1, max: 1_000 }).map((n) => n / 8);
/** Times jump up to 40 s ahead and 2 s back, so minutes end often and some messages are behind known time. */
const step = fc.oneof({ weight: 8, arbitrary: fc.integer({ min: -2_000, max: 3_000 }) }, { weight: 1, arbitrary: fc.integer({ min: 0, max: 40_000 }) });
const tick = fc.oneof(
  fc.record({ type: fc.constant('quote' as const), instrument, bid: price, ask: price, bidSize: price, askSize: price }),
  fc.record({ type: fc.constant('trade' as const), instrument, price, size: price }),
  fc.constant({ type: 'clock' as const }),
);
const feed = fc.array(fc.tuple(step, tick), { minLength: 1, maxLength: 120 }).map((items) => {
  let ts = T0;
  return items.map(([ms, message]) => ({ ...message, v: 1, tsEvent: T0, tsInit: (ts = Math.max(T0, ts + ms * 1_000)) }) as FeedMessage);
});

const keyOf = (bar: Bar): string => `${bar.instrument} ${bar.intervalMs} ${bar.ts}`;

test('started anew after settledSeq, at any point, it gives the same table', () => {
  fc.assert(fc.property(feed, fc.nat(), (messages, at) => {
    const cut = at % messages.length;
    const whole = createBars();
    const expected = new Map(messages.flatMap((message, i) => whole.update(i + 1, message).map((bar) => [keyOf(bar), bar] as const)));
    const table = new Map<string, Bar>();
    const put = (bar: Bar): void => {
      const before = table.get(keyOf(bar));
      if (before !== undefined) expect(bar).toEqual(before);
      table.set(keyOf(bar), bar);
    };
    const first = createBars();
    for (let i = 0; i < cut; i++) first.update(i + 1, messages[i]!).forEach(put);
    const second = createBars();
    for (let i = first.settledSeq(); i < messages.length; i++) second.update(i + 1, messages[i]!).forEach(put);
    expect(table).toEqual(expected);
  }), { seed: 1, numRuns: 500 });
});

test('a bar is a function of the ticks that fall into it', () => {
  fc.assert(fc.property(feed, (messages) => {
    const builder = createBars();
    const bars = messages.flatMap((message, i) => [...builder.update(i + 1, message)]);
    let known = 0;
    const knownAt = messages.map((message) => (known = Math.max(known, message.tsInit)));
    for (const bar of bars) {
      const mine = messages.filter((message, i) => knownAt[i]! >= bar.ts && knownAt[i]! < bar.ts + bar.intervalMs * 1_000 && 'instrument' in message && message.instrument === bar.instrument);
      const trades = mine.filter((message) => message.type === 'trade');
      const mids = mine.flatMap((message) => (message.type === 'quote' ? [(message.bid + message.ask) / 2] : []));
      const prices = mids.length > 0 ? mids : trades.map((t) => t.price);
      expect(bar).toMatchObject({
        open: prices[0], close: prices.at(-1), high: Math.max(...prices), low: Math.min(...prices), trades: trades.length, volume: trades.reduce((sum, t) => sum + t.size, 0),
      });
    }
  }), { seed: 2, numRuns: 200 });
});
