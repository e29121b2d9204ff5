/**
 * A feed's rows get their position: strictly rising with the sequence, and tsInit where that is possible (tables.ts, 3). Rows that are
 * stored keep theirs and are left out. Rows before the last stored one (an older file imported later) go between their neighbours.
 */
import { RefusedError } from '../../runtime/errors.ts';
import type { FeedRow } from '../history.ts';
import { toText } from './bytes.ts';
import { type Cells, type Exec, literal } from './exec.ts';
import { feedTable, selectFrom, TIME } from './tables.ts';

export interface Place { readonly seq: number; readonly position: number }

export async function placedRows(exec: Exec, history: string, feed: string, rows: readonly FeedRow[]): Promise<Cells[]> {
  const sorted = rows.toSorted((a, b) => a.seq - b.seq);
  if (sorted.length === 0) return [];
  const select = selectFrom(history, feedTable(feed), ['seq', 'position']);
  const find = async (where: string): Promise<Place[]> => (await exec.rows(`${select} ${where}`)) as unknown as Place[];
  const [first, last] = [literal(sorted[0]!.seq), literal(sorted.at(-1)!.seq)];
  const tail = await find(`ORDER BY "${TIME}" DESC LIMIT 1`);
  if (tail.length === 0 || tail[0]!.seq < sorted[0]!.seq) return place(tail, sorted);
  const before = await find(`WHERE "seq" < ${first} ORDER BY "${TIME}" DESC LIMIT 1`);
  const among = await find(`WHERE "seq" >= ${first} AND "seq" <= ${last} ORDER BY "${TIME}"`);
  const after = await find(`WHERE "seq" > ${last} ORDER BY "${TIME}" LIMIT 1`);
  return place([...before, ...among, ...after], sorted);
}

/** Both in order of sequence. Throws RefusedError where a row has no room between its neighbours. */
export function place(stored: readonly Place[], rows: readonly FeedRow[]): Cells[] {
  const placed: Cells[] = [];
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
