/** Features of orders and trades, with numbers worked out by hand. */
import { describe, expect, it } from 'vitest';
import { activityRatio } from './activity-ratio.ts';
import { effectiveSpread } from './effective-spread.ts';
import { kyleLambda } from './kyle-lambda.ts';
import { orderFlow, orderFlowImbalance } from './order-flow-imbalance.ts';
import { rollSpread } from './roll-spread.ts';
import { signedVolume } from './signed-volume.ts';
import { EMPTY_BOOK, historyOf, nextBook, quote, trade, valuesOf } from './testing/harness.ts';
import { tradeSign } from './toolkit/trade-sign.ts';
import { tradeImbalance } from './trade-imbalance.ts';
import { vwapDistance } from './vwap-distance.ts';

const STEP_MS = 1_000;
const book = nextBook(EMPTY_BOOK, quote(99, 10, 101, 20));

describe('order flow of one quote', () => {
  it.each([
    ['nothing changed', quote(99, 10, 101, 20), 0],
    ['5 more bid', quote(99, 15, 101, 20), 5],
    ['5 more asked', quote(99, 10, 101, 25), -5],
    ['a better bid of 4', quote(100, 4, 101, 20), 4],
    ['the bid of 10 gone', quote(98, 7, 101, 20), -10],
    ['a better ask of 4', quote(99, 10, 100, 4), -4],
    ['the ask of 20 gone', quote(99, 10, 102, 7), 20],
    ['all up', quote(100, 3, 102, 7), 23],
  ])('%s', (_, next, flow) => expect(orderFlow(next, book)).toBe(flow));

  it('the first quote has nothing to be compared with', () => {
    expect(orderFlow(quote(99, 10, 101, 20), EMPTY_BOOK)).toBe(0);
  });

  it('adds up over the window, in units of the usual depth', () => {
    const history = historyOf(STEP_MS, [[quote(99, 10, 101, 10)], [quote(99, 15, 101, 5)], [quote(99, 10, 101, 10)], []]);
    // +5 bid and −5 asked: 10; then back: −10; depth 10 throughout.
    expect(valuesOf(orderFlowImbalance(2_000, STEP_MS), history)).toEqual([NaN, 1, 0, -1].map((x) => (Number.isNaN(x) ? x : expect.closeTo(x, 12))));
  });
});

describe('who started a trade', () => {
  it('the venue says', () => {
    expect(tradeSign(trade(101, 1, 'sell'), book)).toBe(-1);
    expect(tradeSign(trade(99, 1, 'buy'), book)).toBe(1);
  });
  it('otherwise the mid says', () => {
    expect(tradeSign(trade(100.5, 1), book)).toBe(1);
    expect(tradeSign(trade(99.5, 1), book)).toBe(-1);
  });
  it('at the mid, the change from the last trade', () => {
    expect(tradeSign(trade(100, 1), { ...book, lastPrice: 99 })).toBe(1);
    expect(tradeSign(trade(100, 1), { ...book, lastPrice: 101 })).toBe(-1);
    expect(tradeSign(trade(100, 1), { ...book, lastPrice: 100 })).toBe(0);
  });
  it('nobody, when nothing came before', () => expect(tradeSign(trade(100, 1), EMPTY_BOOK)).toBe(0));
});

describe('volume over two steps', () => {
  const history = historyOf(STEP_MS, [
    [quote(99, 4, 101, 4), trade(101, 3, 'buy')],
    [trade(99, 1, 'sell')],
    [],
    [],
  ]);
  it('signed, in units of the usual depth of 4', () => {
    expect(valuesOf(signedVolume(2_000, STEP_MS), history)).toEqual([NaN, expect.closeTo(0.5, 12), expect.closeTo(-0.25, 12), 0]);
  });
  it('as a share: 2 of 4, all of 1, none of none', () => {
    expect(valuesOf(tradeImbalance(2_000, STEP_MS), history)).toEqual([NaN, 0.5, -1, 0]);
  });
  it('VWAP is 100.5, then 99, then unknown; the mid 100', () => {
    const values = valuesOf(vwapDistance(2_000, STEP_MS), history);
    expect(values.slice(0, 3)).toEqual([NaN, expect.closeTo(10_000 * Math.log(100 / 100.5), 8), expect.closeTo(10_000 * Math.log(100 / 99), 8)]);
    expect(values[3]).toBeNaN();
  });
});

describe('cost of trading', () => {
  it('effective spread: what was paid, by size, and not without a quote', () => {
    const history = historyOf(STEP_MS, [[trade(100, 9)], [quote(99, 1, 101, 1), trade(101, 3), trade(100.5, 1)]]);
    // 200 bps on 3 and 100 bps on 1.
    expect(valuesOf(effectiveSpread(1_000, STEP_MS), history)).toEqual([NaN, expect.closeTo(175, 10)]);
  });
  it('Roll: a bounce of 1 % is a spread of 1 %', () => {
    const bounce = Array.from({ length: 6 }, () => [trade(100, 1), trade(101, 1)]);
    // Changes alternate between +100 and −99.0099 bps.
    expect(valuesOf(rollSpread(5_000, STEP_MS), historyOf(STEP_MS, bounce)).at(-1)).toBeCloseTo(2 * Math.sqrt(100 * (10_000 / 101)), 8);
  });
  it('Roll: a trend has no bounce, and one change no covariance', () => {
    const trend = [[trade(100, 1), trade(101, 1)], [trade(102, 1)], []];
    expect(valuesOf(rollSpread(1_000, STEP_MS), historyOf(STEP_MS, trend))).toEqual([NaN, 0, NaN]);
  });
  it('Kyle: 2 bps for a depth bought, whatever is bought', () => {
    const bought = [3, -1, 2, 5, -4];
    let mid = 100;
    const steps = [[quote(mid, 10, mid, 10)], ...bought.map((q) => {
      const bps = (2 * q) / 10;
      mid *= Math.exp(bps / 10_000);
      return [trade(mid, Math.abs(q), q > 0 ? 'buy' as const : 'sell' as const), quote(mid, 10, mid, 10)];
    })];
    expect(valuesOf(kyleLambda(5_000, STEP_MS), historyOf(STEP_MS, steps)).at(-1)).toBeCloseTo(2, 8);
  });
});

it('activity: three times the usual when everything comes in the last step', () => {
  // Half-lives of one and of 60 steps.
  const values = valuesOf(activityRatio(1_000, STEP_MS), historyOf(STEP_MS, [[], [trade(1, 1), trade(1, 1)]]));
  const d = 0.5 ** (1 / 60);
  expect(values).toEqual([NaN, expect.closeTo((2 * 2 / 3) / (2 / (1 + d)), 12)]);
});
