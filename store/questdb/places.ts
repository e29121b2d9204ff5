/**
 * Where a sequence stands in a feed's table. Only time has an index there: a query by sequence alone reads on from the oldest row, which
 * after a month takes longer than an answer may. Position rises with the sequence, so the place is found by halving a span of time.
 */
import type { Database } from './database.ts';
import { type Table, TIME } from './tables.ts';
import { within } from './where.ts';

export interface Place { readonly seq: number; readonly position: number }
export const PLACE = ['seq', 'position'] as const;

/** As little as that is read by sequence: some 300,000 rows of a busy feed. */
const NARROW_US = 60_000_000;

/** null for a feed without rows. Of what the table has applied. */
export const lastPlace = async (db: Database, table: Table): Promise<Place | null> => (await db.select<Place>(table, `ORDER BY "${TIME}" DESC LIMIT 1`, PLACE))[0] ?? null;

/** Rows before `from` have smaller sequences than `seq`, those from `to` on have not. Narrow. `last` has no smaller one. */
async function spanOf(db: Database, table: Table, seq: number, last: Place): Promise<{ readonly from: number; readonly to: number }> {
  const firstFrom = async (from: number): Promise<Place> =>
    (await db.select<Place>(table, `WHERE ${within(TIME, from, last.position)} ORDER BY "${TIME}" LIMIT 1`, PLACE))[0] ?? last;
  const first = await firstFrom(0);
  if (first.seq >= seq) return { from: first.position, to: first.position };
  let [from, to] = [first.position, last.position];
  while (to - from > NARROW_US) {
    const middle = from + Math.floor((to - from) / 2);
    const place = await firstFrom(middle);
    if (place.seq < seq) from = place.position;
    else to = middle;
  }
  return { from, to };
}

/** Between these positions, both inclusive, lie all rows with these sequences, and few others. null: the feed has none. */
export async function positionsOf(db: Database, table: Table, fromSeq: number, toSeq: number): Promise<{ readonly from: number; readonly to: number } | null> {
  const last = await lastPlace(db, table);
  if (last === null || last.seq < fromSeq || fromSeq > toSeq) return null;
  const { from } = await spanOf(db, table, fromSeq, last);
  // What is written meanwhile is read as well, where it is asked for.
  return { from, to: toSeq >= last.seq ? Number.MAX_SAFE_INTEGER : (await spanOf(db, table, toSeq + 1, last)).to };
}
