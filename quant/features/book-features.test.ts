/** Features of the book, with numbers worked out by hand. */
import { describe, expect, it } from 'vitest';
import type { Book } from './definition.ts';
import { depthRatio } from './depth-ratio.ts';
import { topImbalance } from './imbalance.ts';
import { imbalanceEwma } from './imbalance-ewma.ts';
import { lastTradeDeviation } from './last-trade-deviation.ts';
import { micropriceDeviationBps } from './microprice.ts';
import { spreadBps } from './spread.ts';
import { spreadRatio } from './spread-ratio.ts';
import { EMPTY_BOOK, historyOf, nextBook, quote, trade, valuesOf } from './testing/harness.ts';

const bookOf = (...quoted: Parameters<typeof quote>): Book => nextBook(EMPTY_BOOK, quote(...quoted));

describe('microprice', () => {
  it('lies towards the thinner side', () => {
    // (99·1 + 101·3)/4 = 100.5, half of a half-spread above 100: 50 bps.
    expect(micropriceDeviationBps(bookOf(99, 3, 101, 1))).toBeCloseTo(50, 12);
    expect(micropriceDeviationBps(bookOf(99, 1, 101, 3))).toBeCloseTo(-50, 12);
    expect(micropriceDeviationBps(bookOf(99, 2, 101, 2))).toBe(0);
  });
  it('needs a size on both sides', () => {
    expect(micropriceDeviationBps(bookOf(99, 0, 101, 1))).toBeNaN();
    expect(micropriceDeviationBps(bookOf(99, 1, 101, 0))).toBeNaN();
    expect(micropriceDeviationBps(nextBook(EMPTY_BOOK, trade(100, 1)))).toBeNaN();
  });
});

describe('top of the book', () => {
  it('imbalance is a share, and unknown without any size', () => {
    expect(topImbalance(bookOf(99, 3, 101, 1))).toBe(0.5);
    expect(topImbalance(bookOf(99, 0, 101, 1))).toBe(-1);
    expect(topImbalance(bookOf(99, 0, 101, 0))).toBeNaN();
  });
  it('spread is of the mid, and negative in a crossed market', () => {
    expect(spreadBps(bookOf(99, 1, 101, 1))).toBe(200);
    expect(spreadBps(bookOf(101, 1, 99, 1))).toBe(-200);
    expect(spreadBps(EMPTY_BOOK)).toBeNaN();
  });
  it('the last trade is above the mid or below', () => {
    const history = historyOf(1_000, [[trade(100, 1)], [quote(99, 1, 101, 1)], [trade(101, 1)]]);
    // The first has no quotes: the mid is the trade itself.
    expect(valuesOf(lastTradeDeviation, history)).toEqual([0, 0, 100]);
  });
});

describe('against the usual, half-life of one step', () => {
  const STEP_MS = 60_000;
  it('spread', () => {
    const history = historyOf(STEP_MS, [[quote(99, 1, 101, 1)], [quote(98, 1, 102, 1)]]);
    // Usual: (200 + 2·400)/3, the newer with twice the weight.
    const [first, second] = valuesOf(spreadRatio(STEP_MS, STEP_MS), history);
    expect(first).toBeCloseTo(1, 12);
    expect(second).toBeCloseTo(400 / (1_000 / 3), 12);
  });
  it('depth', () => {
    const history = historyOf(STEP_MS, [[quote(99, 1, 101, 3)], [quote(99, 4, 101, 4)]]);
    const [first, second] = valuesOf(depthRatio(STEP_MS), history);
    expect(first).toBeCloseTo(0, 12);
    expect(second).toBeCloseTo(Math.log(4 / (10 / 3)), 12);
  });
  it('imbalance is smoothed, and an empty book changes nothing', () => {
    const history = historyOf(STEP_MS, [[quote(99, 3, 101, 1)], [quote(99, 1, 101, 3)], [quote(99, 0, 101, 0)]]);
    const [, second, third] = valuesOf(imbalanceEwma(STEP_MS, STEP_MS), history);
    expect(second).toBeCloseTo((0.5 - 2 * 0.5) / 3, 12);
    expect(third).toBe(second);
  });
});
