/** Rows a second of the recorder behind a full stream, beside one loop that consumes, parses and inserts into the same kind of table. */
import { rmSync } from 'node:fs';
import { FULL_ROWS } from '../processors/recorder/record.ts';
import { openReader } from '../store/open.ts';
import { encodeFeedMessage } from '../streams/messages/feed.ts';
import { streamBounds } from '../streams/edge/stored.ts';
import { ensureStreams } from '../streams/edge/streams.ts';
import { streamsFor, ticksStream } from '../streams/streams.ts';
import { startNatsServer } from '../tests/support/natsServer.ts';
import { questdbJars, startQuestServer } from '../tests/support/questdb.ts';
import { type Bench, compared, inTurn, missing, type Row, type Target } from './bench.ts';
import { timeBare } from './support/bare.ts';
import { connectQuietly } from './support/quiet.ts';
import { untilReadable } from './support/readable.ts';
import { configOf, startService, until } from './support/services.ts';
import { simulatedFeed } from './support/ticks.ts';

const SYMBOLS = 100;
const FEED = 'rec';
const TARGET: Target = { of: 'ratio', atLeast: 0.7 };
/** Whether every row is there. QuestDB not oftener, on either side: a look costs it queries, on the same cores as the rows. A look at SQLite costs nothing. */
const LOOK_EVERY_MS = { sqlite: 10, questdb: 100 } as const;
const BESIDE = 'bare consume, parse, insert';

/** Until every message of the stream is a row that can be read, and the cursor says so. */
async function recorded(natsUrl: string, instruments: readonly string[], count: number, storeUrl?: string): Promise<number> {
  const config = configOf({ natsUrl, name: FEED, instruments, source: { kind: 'simulator', seed: 1, symbols: SYMBOLS, minutes: 1, predictable: true }, ...(storeUrl === undefined ? {} : { storeUrl }) });
  const service = startService('recorder', 'processors/recorder/main.ts', config);
  try {
    await service.running();
    const started = performance.now();
    const reader = openReader(config.store.url);
    await untilReadable(reader, FEED, count, storeUrl === undefined ? LOOK_EVERY_MS.sqlite : LOOK_EVERY_MS.questdb);
    await reader.close();
    return (performance.now() - started) / 1_000;
  } finally {
    await service.end();
    rmSync(config.dataDir, { recursive: true, force: true });
  }
}

export const bench: Bench = {
  name: 'recorder',
  about: `The recorder's process reads a feed of ${SYMBOLS} simulated symbols that is stored already, makes bars, and writes rows, bars and cursors; the bare loop has the same table and index (SQLite), the same deduplication (QuestDB), and commits as many rows at once.`,
  leavesOut: 'the start of the process. The bare loop makes no bars, keeps no cursor and checks nothing.',
  async run({ quick, say, keep }) {
    const feed = await simulatedFeed(SYMBOLS, quick ? 0.1 : 4);
    const count = feed.messages.length;
    const server = await startNatsServer();
    const connection = await connectQuietly(server.url);
    try {
      await ensureStreams(connection, streamsFor([FEED]));
      for (const message of feed.messages) {
        const { subject, body } = encodeFeedMessage(FEED, message);
        connection.nc.publish(subject, body);
      }
      await connection.nc.flush();
      await until('the feed is stored', async () => (await streamBounds(connection, ticksStream(FEED))).lastSeq >= count);
      const rate = (kind: string, seconds: number): number => {
        say(`${kind} ${seconds.toFixed(2)} s`);
        return count / seconds;
      };
      const row = (kind: string) => ({ name: `recorder, ${kind}`, unit: 'rows/s', beside: BESIDE, target: TARGET });
      const sqlite = await inTurn(quick ? 1 : 5,
        async () => rate('recorder, SQLite', await recorded(server.url, feed.instruments, count)),
        async () => rate('bare, SQLite', await timeBare([{ kind: 'sqlite', url: server.url, stream: ticksStream(FEED), count, rowsAtOnce: FULL_ROWS }])));
      const rows: Row[] = [compared(sqlite, { ...row('SQLite'), note: '' })];
      keep(rows);
      if (quick) return rows;
      const jars = await questdbJars();
      if (jars === null) return [...rows, missing(row('QuestDB'), 'QuestDB needs Java and Maven')];
      const quest = await startQuestServer(jars);
      let runs = 0;
      try {
        const http = quest.url('x').replace(/^questdb:/, '');
        const pairs = await inTurn(4,
          async () => rate('recorder, QuestDB', await recorded(server.url, feed.instruments, count, quest.url(`ours${runs++}`))),
          async () => rate('bare, QuestDB', await timeBare([{ kind: 'questdb', url: server.url, stream: ticksStream(FEED), count, rowsAtOnce: FULL_ROWS, lookEveryMs: LOOK_EVERY_MS.questdb, http, table: `bare${runs++}` }])));
        return [...rows, compared(pairs, { ...row('QuestDB'), note: 'Until every row can be read, on both sides.' })];
      } finally {
        await quest.stop();
      }
    } finally {
      await connection.close();
      await server.stop();
    }
  },
};
