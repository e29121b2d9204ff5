/**
 * One-sided rows of the national best to quotes. Pure.
 *
 *  1. A bid row and an ask row that are neighbours and of one millisecond are one quote; a lone row replaces its side.
 *  2. No quote before both sides were seen.
 *  3. A crossed quote (bid > ask) is dropped; its sides stay known, since the next row mends one of them.
 */
import type { Quote } from '../../messages/tick.ts';

/** Price 0: this side is absent. */
export interface BestRow { readonly ts: number; readonly bid: number; readonly bidSize: number; readonly ask: number; readonly askSize: number }

export interface NationalBest {
  /** Rows in order. A quote comes out once it can't be completed any more: with the row after it. */
  push(row: BestRow): Quote | null | { readonly dropped: 'crossed' };
  /** The last quote, at the end. */
  flush(): Quote | null | { readonly dropped: 'crossed' };
}

const CROSSED = { dropped: 'crossed' } as const;

export function createNationalBest(instrument: string): NationalBest {
  let bid = 0, bidSize = 0, ask = 0, askSize = 0;
  let pending: BestRow | null = null;

  const apply = (row: BestRow): Quote | null | typeof CROSSED => {
    if (row.bid > 0) [bid, bidSize] = [row.bid, row.bidSize];
    if (row.ask > 0) [ask, askSize] = [row.ask, row.askSize];
    if (bid === 0 || ask === 0) return null;
    if (bid > ask) return CROSSED;
    return { v: 1, type: 'quote', bid, bidSize, ask, askSize, tsEvent: row.ts, tsInit: row.ts, instrument };
  };
  const flush = (): ReturnType<typeof apply> => {
    const row = pending;
    pending = null;
    return row === null ? null : apply(row);
  };

  return {
    push(row) {
      if (pending !== null && completes(pending, row)) {
        pending = merge(pending, row);
        return null;
      }
      const quote = flush();
      pending = row;
      return quote;
    },
    flush,
  };
}

const completes = (a: BestRow, b: BestRow): boolean => a.ts === b.ts && (a.bid === 0) !== (b.bid === 0) && (a.ask === 0) !== (b.ask === 0);

const merge = (a: BestRow, b: BestRow): BestRow => {
  const [bids, asks] = a.bid > 0 ? [a, b] : [b, a];
  return { ts: a.ts, bid: bids.bid, bidSize: bids.bidSize, ask: asks.ask, askSize: asks.askSize };
};
