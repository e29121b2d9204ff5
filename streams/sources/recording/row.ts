/**
 * What the files of a recording have in common: rows in receive order, whose content is a tick (US equities) or text that
 * a parser reads later, in merged order (Binance).
 */
import { RefusedError } from '../../../runtime/errors.ts';
import type { Quote, Trade } from '../../messages/tick.ts';

export type Tick = Trade | Quote;
export type Drop = (reason: string) => void;

export interface Row {
  readonly file: RecordingFile;
  /** Receive time: µs since the epoch, and the nanoseconds below it, 0 to 999. */
  readonly us: number;
  readonly ns: number;
  readonly content: string | Tick;
}

export interface RecordingFile {
  readonly path: string;
  readonly venue: 'binance-usdm' | 'binance-spot' | 'us-equity';
  /** Where this file stands among others when receive times are equal. From its name and content, never its folder. */
  readonly order: string;
  /** Receive time of the first usable row, µs. Infinity: there is none. */
  readonly firstUs: number;
  /** From the beginning. Rows that can't be used go to `drop`. Throws RefusedError, with the line, where the file is damaged. */
  rows(drop: Drop): AsyncGenerator<Row[]>;
}

/** Rows of one file may be this far out of order, µs. What is further off has a damaged time. */
export const MAX_DISORDER_US = 10_000_000;

/**
 * Drops rows with a damaged time, which would otherwise move known time for the whole recording: one far behind the
 * last good row, or far ahead of the row after it.
 */
export async function* dropBadTimes(batches: AsyncIterable<Row[]>, drop: Drop): AsyncGenerator<Row[]> {
  let last = -Infinity;
  let pending: Row | null = null;
  for await (const batch of batches) {
    const good: Row[] = [];
    for (const row of batch) {
      if (row.us < last - MAX_DISORDER_US) {
        drop('badTime');
        continue;
      }
      if (pending !== null && pending.us > row.us + MAX_DISORDER_US) drop('badTime');
      else if (pending !== null) {
        good.push(pending);
        last = pending.us;
      }
      pending = row;
    }
    if (good.length > 0) yield good;
  }
  if (pending !== null) yield [pending];
}

/** Receive time of the first usable row: what the merge needs to open a file no sooner than it must. */
export async function firstRowUs(rows: AsyncGenerator<Row[]>): Promise<number> {
  for await (const batch of rows) return batch[0]!.us;
  return Infinity;
}

/** In genuine recordings not one line in thousands is unreadable. */
const MAX_UNREADABLE_LINES = 1_000_000;

/** Gives up on a file whose lines have long been unreadable: a few kilobytes of gzip hold millions of them. */
export function createPatience(path: string) {
  let unreadable = 0;
  return {
    /** Of `lines` up to `lastLine`, `readable` were of the recording's format. Throws RefusedError. */
    take(lines: number, readable: number, lastLine: number): void {
      unreadable = readable > 0 ? 0 : unreadable + lines;
      if (unreadable > MAX_UNREADABLE_LINES) throw new RefusedError(`${path}: ${unreadable} unreadable lines in a row, up to line ${lastLine}`, 'It is no recording from there on: copy it again, or leave it out.');
    },
  };
}
