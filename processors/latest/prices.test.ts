import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Quote, Trade } from '../../streams/messages/tick.ts';
import { createPrices, PRICE_EVERY_MS } from './prices.ts';

const trade = (price: number, tsInit: number, instrument = 'x.A'): Trade => ({ v: 1, type: 'trade', instrument, price, size: 1, tsEvent: tsInit, tsInit });
const quote = (bid: number, ask: number, tsInit: number, instrument = 'x.A'): Quote => ({ v: 1, type: 'quote', instrument, bid, bidSize: 3, ask, askSize: 4, tsEvent: tsInit, tsInit });

test('the mid is the last trade until there is a quote, then the middle of the quote', () => {
  const prices = createPrices(['x.A']);
  prices.offer(trade(10, 1));
  expect(prices.due(0)).toEqual([{ instrument: 'x.A', value: { v: 1, ts: 1, mid: 10, bid: null, ask: null, bidSize: null, askSize: null, last: 10 } }]);
  prices.offer(quote(11, 12, 2));
  prices.offer(trade(12, 3));
  expect(prices.due(1_000)).toEqual([{ instrument: 'x.A', value: { v: 1, ts: 3, mid: 11.5, bid: 11, ask: 12, bidSize: 3, askSize: 4, last: 12 } }]);
});

test('nothing new, nothing told; of other instruments, never', () => {
  const prices = createPrices(['x.A']);
  expect(prices.due(0)).toEqual([]);
  prices.offer(trade(1, 1, 'x.Z'));
  expect(prices.due(0)).toEqual([]);
  prices.offer(trade(1, 1));
  expect(prices.due(0)).toHaveLength(1);
  expect(prices.due(10_000)).toEqual([]);
});

test('whatever the ticks: told no sooner than every PRICE_EVERY_MS, and the last one is always told', () => {
  fc.assert(fc.property(fc.array(fc.tuple(fc.integer({ min: 0, max: 300 }), fc.double({ min: 1, max: 2, noNaN: true })), { minLength: 1, maxLength: 50 }), (ticks) => {
    const prices = createPrices(['x.A']);
    let now = 0;
    let toldAt = Number.NEGATIVE_INFINITY;
    let last: number | null = null;
    const round = (): void => {
      for (const { value } of prices.due(now)) {
        expect(now - toldAt).toBeGreaterThanOrEqual(PRICE_EVERY_MS);
        toldAt = now;
        last = value.last;
      }
    };
    for (const [waitMs, price] of ticks) {
      now += waitMs;
      prices.offer(trade(price, now * 1_000));
      round();
    }
    now += PRICE_EVERY_MS;
    round();
    expect(last).toBe(ticks.at(-1)![1]);
  }), { seed: 11 });
});
