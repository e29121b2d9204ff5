/** When all of a feed is in the history. */
import type { HistoryReader } from '../../store/history.ts';
import { ticksStream } from '../../streams/streams.ts';
import { until } from './services.ts';

const LIMIT_MS = 120_000;

/** The cursor alone isn't enough: QuestDB may show it before rows that it took earlier; a read of them waits until they are there. */
export async function untilReadable(reader: Pick<HistoryReader, 'cursor' | 'feedRows'>, feed: string, lastSeq: number, lookEveryMs: number): Promise<void> {
  await until('the cursor', async () => (await reader.cursor(ticksStream(feed))) >= lastSeq, LIMIT_MS, lookEveryMs);
  let last = 0;
  for await (const rows of reader.feedRows(feed, lastSeq, lastSeq)) last = rows.at(-1)?.seq ?? last;
  if (last !== lastSeq) throw new Error(`the cursor of ${feed} is at ${lastSeq}, but that row is missing`);
}
