import { describe, expect, test } from 'vitest';
import type { FeedMessage } from '../streams/messages/feed.ts';
import { type Bar, createBars } from './bars.ts';

const T0 = 1_721_347_200_000_000; // on a minute
const quote = (ms: number, bid: number, ask: number, instrument = 'v.A'): FeedMessage => ({ v: 1, type: 'quote', instrument, bid, bidSize: 1, ask, askSize: 1, tsEvent: T0, tsInit: T0 + ms * 1_000 });
const trade = (ms: number, price: number, size: number, instrument = 'v.A'): FeedMessage => ({ v: 1, type: 'trade', instrument, price, size, tsEvent: T0, tsInit: T0 + ms * 1_000 });
const clock = (ms: number): FeedMessage => ({ v: 1, type: 'clock', tsInit: T0 + ms * 1_000 });
const end = (ms: number): FeedMessage => ({ v: 1, type: 'status', tsInit: T0 + ms * 1_000, status: { kind: 'end' } });

const bars = (messages: readonly FeedMessage[], intervalsMs?: readonly number[]): Bar[] => {
  const builder = createBars(intervalsMs);
  return messages.flatMap((message, i) => [...builder.update(i + 1, message)]);
};
const bar = (ms: number, [open, high, low, close]: readonly [number, number, number, number], volume: number, trades: number, intervalMs = 1_000, instrument = 'v.A'): Bar =>
  ({ instrument, intervalMs, ts: T0 + ms * 1_000, open, high, low, close, volume, trades });

describe('what a bar holds', () => {
  test('mids, and the volume of the trades', () => {
    expect(bars([quote(0, 99, 101), trade(100, 120, 2), quote(300, 103, 105), quote(500, 97, 99), trade(600, 80, 0.5), quote(900, 100, 102), clock(1_000)], [1_000]))
      .toEqual([bar(0, [100, 104, 98, 101], 2.5, 2)]);
  });

  test('trades, where it holds no quote', () => {
    expect(bars([trade(0, 10, 1), trade(1, 12, 1), trade(2, 9, 1), clock(1_000)], [1_000])).toEqual([bar(0, [10, 12, 9, 9], 3, 3)]);
  });

  test('mids only, also when a trade came first', () => {
    expect(bars([trade(0, 10, 1), quote(1, 19, 21), trade(2, 9, 1), clock(1_000)], [1_000])).toEqual([bar(0, [20, 20, 20, 20], 2, 2)]);
  });

  test('instruments are apart; an interval without ticks has no bar', () => {
    expect(bars([quote(0, 1, 3), quote(10, 7, 9, 'v.B'), clock(1_000), quote(3_500, 2, 4), clock(4_000)], [1_000])).toEqual([
      bar(0, [2, 2, 2, 2], 0, 0), bar(0, [8, 8, 8, 8], 0, 0, 1_000, 'v.B'), bar(3_000, [3, 3, 3, 3], 0, 0),
    ]);
  });
});

describe('when a bar closes', () => {
  test('at the first message at or after its end, which belongs to the next', () => {
    const builder = createBars([1_000]);
    expect(builder.update(1, quote(999, 1, 3))).toEqual([]);
    expect(builder.update(2, quote(1_000, 3, 5))).toEqual([bar(0, [2, 2, 2, 2], 0, 0)]);
    expect(builder.update(3, clock(1_999))).toEqual([]);
    expect(builder.update(4, clock(2_000))).toEqual([bar(1_000, [4, 4, 4, 4], 0, 0)]);
  });

  test('known time never goes back: a message from before counts as now', () => {
    expect(bars([clock(1_500), trade(200, 5, 1), clock(2_000)], [1_000])).toEqual([bar(1_000, [5, 5, 5, 5], 1, 1)]);
  });

  test('a second and a minute, each on its own grid', () => {
    expect(bars([quote(59_500, 1, 3), quote(60_500, 3, 5), clock(120_000)])).toEqual([
      bar(59_000, [2, 2, 2, 2], 0, 0), bar(0, [2, 2, 2, 2], 0, 0, 60_000), bar(60_000, [4, 4, 4, 4], 0, 0), bar(60_000, [4, 4, 4, 4], 0, 0, 60_000),
    ]);
  });

  test('at the end of the feed', () => {
    const builder = createBars();
    builder.update(1, quote(100, 1, 3));
    expect(builder.update(2, end(200))).toEqual([bar(0, [2, 2, 2, 2], 0, 0), bar(0, [2, 2, 2, 2], 0, 0, 60_000)]);
    expect(builder.settledSeq()).toBe(2);
  });
});

test('settledSeq is the last message before the open minute', () => {
  const builder = createBars();
  expect(builder.settledSeq()).toBe(0);
  builder.update(10, quote(100, 1, 3));
  builder.update(11, clock(30_000));
  expect(builder.settledSeq()).toBe(9);
  builder.update(15, clock(60_000));
  expect(builder.settledSeq()).toBe(14);
});

test('intervals that do not nest are refused', () => {
  expect(() => createBars([1_000, 1_500])).toThrow('must divide the longest');
});
