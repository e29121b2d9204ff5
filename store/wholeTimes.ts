/** A table in order of time, in chunks that never cut through one time: so a reader can go on behind the last time it has. */

export const CHUNK_ROWS = 5_000;

export interface TimeTable<Row> {
  /** The time of the row that stands `skip` rows behind the first one from `fromTs` on; null: there are fewer. */
  timeAt(fromTs: number, skip: number): Promise<number | null>;
  /** Both bounds inclusive. */
  rows(fromTs: number, toTs: number): Promise<Row[]>;
}

export async function* wholeTimes<Row>(table: TimeTable<Row>, fromTs: number): AsyncGenerator<Row[]> {
  for (let from = fromTs; ; ) {
    const first = await table.timeAt(from, 0);
    if (first === null) return;
    const beyond = await table.timeAt(first, CHUNK_ROWS);
    const last = beyond === null ? Number.MAX_SAFE_INTEGER : Math.max(first, beyond - 1);
    yield await table.rows(first, last);
    if (beyond === null) return;
    from = last + 1;
  }
}
