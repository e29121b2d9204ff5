/**
 * A feed's rows get their position: strictly rising with the sequence, and tsInit where that is possible (tables.ts, 3). Rows that are
 * stored keep theirs and are left out. Rows before the last stored one (an older file imported later) go between their neighbours.
 */
import { RefusedError } from '../../runtime/errors.ts';
import type { FeedRow } from '../history.ts';
import { toText } from './bytes.ts';
import type { Database } from './database.ts';
import { literal } from './exec.ts';
import { PLACE, type Place, positionsOf } from './places.ts';
import { type Table, TIME } from './tables.ts';
import { within } from './where.ts';

/** As the table has it. */
export interface PlacedRow extends Place { readonly subject: string; readonly tsInit: number; readonly body: string }

/** `last` is the feed's last row. */
export async function placedRows(db: Database, table: Table, unplaced: readonly FeedRow[], last: Place | null): Promise<PlacedRow[]> {
  const rows = isSorted(unplaced) ? unplaced : unplaced.toSorted((a, b) => a.seq - b.seq);
  const [from, to] = [rows[0]!.seq, rows.at(-1)!.seq];
  if (last === null || last.seq < from) return place(last === null ? [] : [last], rows);
  await db.applied(table);
  const span = (await positionsOf(db, table, from, to))!; // there are such rows: the last one isn't before them
  const find = (until: number, which: string): Promise<Place[]> => db.select<Place>(table, `WHERE ${within(TIME, span.from, until)} AND ${which}`, PLACE);
  const before = await find(span.to, `"seq" < ${literal(from)} ORDER BY "${TIME}" DESC LIMIT 1`);
  const among = await find(span.to, `"seq" >= ${literal(from)} AND "seq" <= ${literal(to)} ORDER BY "${TIME}"`);
  const after = await find(Number.MAX_SAFE_INTEGER, `"seq" > ${literal(to)} ORDER BY "${TIME}" LIMIT 1`);
  return place([...before, ...among, ...after], rows);
}

const isSorted = (rows: readonly FeedRow[]): boolean => rows.every((row, i) => i === 0 || rows[i - 1]!.seq <= row.seq);

/** Both in order of sequence. Throws RefusedError where a row has no room between its neighbours. */
export function place(stored: readonly Place[], rows: readonly FeedRow[]): PlacedRow[] {
  const placed: PlacedRow[] = [];
  let next = 0;
  let last: Place = { seq: -1, position: -1 };
  for (const row of rows) {
    while (next < stored.length && stored[next]!.seq <= row.seq) last = stored[next++]!;
    if (last.seq === row.seq) continue;
    const limit = stored[next]?.position ?? Number.MAX_SAFE_INTEGER;
    const position = Math.max(last.position + 1, Math.min(row.tsInit, limit - 1));
    if (position >= limit) throw new RefusedError(`sequence ${row.seq} has no room between the stored rows ${last.seq} and ${stored[next]!.seq}`, 'Its feed was written in another order before. Write this feed into a new history.');
    placed.push({ subject: row.subject, seq: row.seq, tsInit: row.tsInit, body: toText(row.body), position });
    last = { seq: row.seq, position };
  }
  return placed;
}
