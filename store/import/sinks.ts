/**
 * What a file's rows become, and how they stand to what is stored: added, changed, the same, or refused.
 *
 * Ticks are a feed of their own, one an instrument, whose sequence is the tick's time in µs (the next free one for ticks
 * of one moment). So a later file continues an earlier one, an overlap is recognised, and the feed's order is that of time.
 */
import { encodeFeedMessage } from '../../streams/messages/feed.ts';
import type { BarRow, FeedRow, HistoryStore, StoreBatch } from '../history.ts';
import { barColumns, tickColumns } from './columns.ts';
import { importFeed } from './feed.ts';
import { type Cells, type Problem, toBar, toTick } from './rows.ts';

export type Verdict = 'added' | 'changed' | 'same';
/** A row of the file as it would be stored. `settle` judges a chunk against the store and says what to write. */
export interface Sink<Row> {
  toRow(cells: Cells): Row | Problem;
  tsOf(row: Row): number;
  settle(rows: readonly { line: number; row: Row }[]): Promise<{ verdicts: (Verdict | Problem)[]; batch: StoreBatch }>;
}

export function barSink(store: HistoryStore, names: readonly string[], instrument: string, intervalMs: number): Sink<BarRow> {
  const columns = barColumns(names);
  const equal = (a: BarRow, b: BarRow): boolean =>
    a.open === b.open && a.high === b.high && a.low === b.low && a.close === b.close && a.volume === b.volume && a.trades === b.trades;
  return {
    toRow: (cells) => toBar(cells, columns, instrument, intervalMs),
    tsOf: (row) => row.ts,
    async settle(rows) {
      const times = rows.map(({ row }) => row.ts);
      const there = rows.length === 0 ? [] : await store.bars(instrument, intervalMs, times.reduce((a, b) => Math.min(a, b)), times.reduce((a, b) => Math.max(a, b)), Number.MAX_SAFE_INTEGER);
      const known = new Map(there.map((bar) => [bar.ts, bar]));
      const bars: BarRow[] = [];
      const verdicts = rows.map(({ row }): Verdict => {
        const before = known.get(row.ts);
        if (before !== undefined && equal(before, row)) return 'same';
        known.set(row.ts, row);
        bars.push(row);
        return before === undefined ? 'added' : 'changed';
      });
      return { verdicts, batch: { cursors: {}, bars } };
    },
  };
}

export function tickSink(store: HistoryStore, names: readonly string[], instrument: string): Sink<FeedRow> {
  const columns = tickColumns(names);
  const feed = importFeed(instrument);
  let lastTs = 0;
  let lastSeq = 0;
  return {
    toRow(cells) {
      const tick = toTick(cells, columns, instrument);
      if ('problem' in tick) return tick;
      if (tick.tsInit < lastTs) return { problem: 'its time is before that of the row above: sort the file by time' };
      lastTs = tick.tsInit;
      lastSeq = Math.max(tick.tsInit, lastSeq + 1);
      const { subject, body } = encodeFeedMessage(feed, tick);
      return { seq: lastSeq, subject, tsInit: tick.tsInit, body };
    },
    tsOf: (row) => row.tsInit,
    async settle(rows) {
      const there = new Map<number, Uint8Array>();
      if (rows.length > 0) for await (const chunk of store.feedRows(feed, rows[0]!.row.seq, rows.at(-1)!.row.seq)) for (const row of chunk) there.set(row.seq, row.body);
      const fresh: FeedRow[] = [];
      const verdicts = rows.map(({ row }): Verdict | Problem => {
        const before = there.get(row.seq);
        if (before !== undefined) return Buffer.compare(before, row.body) === 0 ? 'same' : { problem: 'another tick of this moment is stored already, with other values; the stored one stays' };
        fresh.push(row);
        return 'added';
      });
      return { verdicts, batch: { cursors: {}, feed: { name: feed, rows: fresh } } };
    },
  };
}
