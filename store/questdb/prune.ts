/**
 * Retention. QuestDB deletes whole partitions only, so a *floor* hides at once what is older, and the partitions that lie wholly below
 * it are dropped: a day more stays on disk, unseen. TTL isn't used: it counts from the wall clock, and would
 * delete a recording of last year as it arrives.
 */
import { ticksStream } from '../../streams/streams.ts';
import { applied } from './applied.ts';
import { type Exec, literal } from './exec.ts';
import type { LineWriter } from './ilp.ts';
import { cursorMark, floorMark, readMarks, writeMarks } from './schema.ts';
import { BAR_1S, FEED, feedTable, OUTCOME, PREDICTION, SCORE_SYMBOL, selectFrom, type Table, TIME } from './tables.ts';
import type { QuestAddress } from './url.ts';

const DAY_US = 24 * 3_600_000_000;

export async function prune(exec: Exec, lines: LineWriter, address: QuestAddress, beforeTs: number): Promise<void> {
  const { name: history } = address;
  const raise = async (table: Table, floor: number): Promise<void> => {
    const mark = floorMark(table.name);
    if (floor > ((await readMarks(exec, history, [mark])).get(mark) ?? 0)) await writeMarks(exec, lines, address, new Map([[mark, floor]]));
  };
  for (const { name } of await exec.rows(selectFrom(history, FEED, ['name']))) {
    const mark = cursorMark(ticksStream(name as string));
    if ((await readMarks(exec, history, [mark])).has(mark)) await pruneFeed(exec, address, feedTable(name as string), beforeTs, raise);
  }
  for (const table of [PREDICTION, OUTCOME, SCORE_SYMBOL, BAR_1S]) {
    await raise(table, beforeTs);
    await dropBelow(exec, address, table, beforeTs);
  }
}

/** As far as the first young row: sequence order is known-time order. */
async function pruneFeed(exec: Exec, address: QuestAddress, table: Table, beforeTs: number, raise: (table: Table, floor: number) => Promise<void>): Promise<void> {
  const select = selectFrom(address.name, table, ['seq', 'position']);
  const [young] = await exec.rows(`${select} WHERE "${TIME}" >= ${literal(beforeTs)} AND "ts_init" >= ${literal(beforeTs)} ORDER BY "${TIME}" LIMIT 1`);
  const [last] = await exec.rows(`${select} ORDER BY "${TIME}" DESC LIMIT 1`);
  if (last === undefined) return;
  await raise(table, young === undefined ? (last['seq'] as number) + 1 : (young['seq'] as number));
  await dropBelow(exec, address, table, young === undefined ? (last['position'] as number) + 1 : (young['position'] as number));
}

async function dropBelow(exec: Exec, { name: history, label }: QuestAddress, table: Table, ts: number): Promise<void> {
  const day = Math.floor(ts / DAY_US) * DAY_US;
  if (day <= 0) return;
  const full = `${history}_${table.name}`;
  await exec.run(`ALTER TABLE "${full}" DROP PARTITION WHERE "${TIME}" < ${literal(day)}`, (text) => /no partitions? matched/i.test(text));
  await applied(exec, label, [full]);
}
