import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type BestRow, createNationalBest } from './nationalBest.ts';

const bidRow = (ts: number, bid: number, bidSize = 1): BestRow => ({ ts, bid, bidSize, ask: 0, askSize: 0 });
const askRow = (ts: number, ask: number, askSize = 1): BestRow => ({ ts, bid: 0, bidSize: 0, ask, askSize });

/** [ts, bid, ask] of each quote; 'crossed' where one was dropped. */
function quotesOf(rows: readonly BestRow[]): unknown[] {
  const best = createNationalBest('us-equity.X');
  return [...rows.map(best.push), best.flush()].flatMap<unknown>((quote) => (quote === null ? [] : 'dropped' in quote ? [quote.dropped] : [[quote.tsInit, quote.bid, quote.ask]]));
}

describe('the national best', () => {
  it('pairs a bid row and an ask row of one millisecond, in either order', () => {
    expect(quotesOf([bidRow(1, 10), askRow(1, 11), askRow(2, 12), bidRow(2, 9)])).toEqual([[1, 10, 11], [2, 9, 12]]);
  });

  it('keeps several updates of one millisecond apart', () => {
    expect(quotesOf([bidRow(1, 10), askRow(1, 11), bidRow(1, 10.5), askRow(1, 11.5)])).toEqual([[1, 10, 11], [1, 10.5, 11.5]]);
  });

  it('lets a lone row replace its side, and does not pair rows of two milliseconds', () => {
    expect(quotesOf([bidRow(1, 10), askRow(1, 11), bidRow(2, 9), askRow(3, 12), bidRow(4, 8), bidRow(4, 7)])).toEqual([
      [1, 10, 11], [2, 9, 11], [3, 9, 12], [4, 8, 12], [4, 7, 12],
    ]);
  });

  it('says nothing before both sides were seen', () => {
    expect(quotesOf([bidRow(1, 10), bidRow(2, 10)])).toEqual([]);
    expect(quotesOf([bidRow(1, 10), askRow(2, 11)])).toEqual([[2, 10, 11]]);
  });

  it('drops a crossed quote, keeps a locked one, and goes on from the sides it has seen', () => {
    expect(quotesOf([bidRow(1, 10), askRow(1, 11), bidRow(2, 12), askRow(3, 12), bidRow(4, 13), askRow(4, 14)])).toEqual([
      [1, 10, 11], 'crossed', [3, 12, 12], [4, 13, 14],
    ]);
  });

  it('never gives a crossed quote, one without a side, or more quotes than rows', () => {
    const row = fc.tuple(fc.boolean(), fc.integer({ min: 1, max: 20 }), fc.integer({ min: 0, max: 1 })).map(([isBid, price, later]) => ({ isBid, price, later }));
    fc.assert(fc.property(fc.array(row, { maxLength: 40 }), (steps) => {
      let ts = 0;
      const rows = steps.map(({ isBid, price, later }) => (isBid ? bidRow((ts += later), price) : askRow((ts += later), price)));
      const quotes = quotesOf(rows).filter((quote) => quote !== 'crossed') as [number, number, number][];
      expect(quotes.every(([, bid, ask]) => bid > 0 && ask >= bid)).toBe(true);
      expect(quotes.map(([at]) => at)).toEqual(quotes.map(([at]) => at).sort((a, b) => a - b));
      expect(quotes.length).toBeLessThanOrEqual(rows.length);
    }), { seed: 3 });
  });
});
