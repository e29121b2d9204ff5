/**
 * Retention. QuestDB deletes whole partitions only, so a *floor* hides at once what is older, and the partitions that lie wholly below
 * it are dropped: a day more stays on disk, unseen. TTL isn't used: it counts from the wall clock, and would
 * delete a recording of last year as it arrives.
 */
import { ticksStream } from '../../streams/streams.ts';
import type { Database } from './database.ts';
import { literal } from './exec.ts';
import { cursorMark, raiseFloor, readMark } from './schema.ts';
import { BAR_1S, FEED, feedTable, MARK, OUTCOME, PREDICTION, SCORE_SYMBOL, type Table, TIME } from './tables.ts';

const DAY_US = 24 * 3_600_000_000;

export async function prune(db: Database, beforeTs: number): Promise<void> {
  await db.applied(FEED);
  for (const { name } of await db.select<{ name: string }>(FEED, '', ['name'])) {
    await db.applied(feedTable(name), MARK);
    if ((await readMark(db, cursorMark(ticksStream(name)))) !== null) await pruneFeed(db, feedTable(name), beforeTs);
  }
  for (const table of [PREDICTION, OUTCOME, SCORE_SYMBOL, BAR_1S]) {
    await raiseFloor(db, table, beforeTs);
    await dropBelow(db, table, beforeTs);
  }
}

/** As far as the first young row: sequence order is known-time order. */
async function pruneFeed(db: Database, table: Table, beforeTs: number): Promise<void> {
  const find = async (rest: string) => (await db.select<{ seq: number; position: number }>(table, rest, ['seq', 'position']))[0];
  const last = await find(`ORDER BY "${TIME}" DESC LIMIT 1`);
  if (last === undefined) return;
  const young = await find(`WHERE "${TIME}" >= ${literal(beforeTs)} AND "ts_init" >= ${literal(beforeTs)} ORDER BY "${TIME}" LIMIT 1`);
  await raiseFloor(db, table, young?.seq ?? last.seq + 1);
  await dropBelow(db, table, young?.position ?? last.position + 1);
}

/** Waits for what was taken first: a batch that is still on its way is older than the floor as well. */
async function dropBelow(db: Database, table: Table, ts: number): Promise<void> {
  const day = Math.floor(ts / DAY_US) * DAY_US;
  if (day <= 0) return;
  await db.applied(table);
  await db.exec.run(`ALTER TABLE "${db.named(table)}" DROP PARTITION WHERE "${TIME}" < ${literal(day)}`, (text) => /no partitions? matched/i.test(text));
}
