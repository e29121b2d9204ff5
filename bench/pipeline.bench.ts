/**
 * Ticks a second through source, feed, features and store (all at once, as they run), beside the same messages published with the same
 * fence and consumed by one bare reader, both at once too: with the client's own publish, and with the product's. On a machine with few cores it is the processor time of all parts that counts.
 */
import { encodeFeedMessage } from '../streams/messages/feed.ts';
import { ensureStreams } from '../streams/edge/streams.ts';
import { streamsFor, ticksStream } from '../streams/streams.ts';
import { startNatsServer } from '../tests/support/natsServer.ts';
import { type Bench, compared, inTurn, type Row } from './bench.ts';
import { timeBare } from './support/bare.ts';
import { forgetRun, runPipeline } from './support/pipeline.ts';
import type { Publisher } from './support/publisher.ts';
import { connectQuietly } from './support/quiet.ts';
import { simulatedFeed } from './support/ticks.ts';

const SYMBOLS = 100;

export const bench: Bench = {
  name: 'pipeline',
  about: `A simulated market of ${SYMBOLS} symbols at full speed: one process each for source, features and recorder (SQLite), and nats-server; every tick stored, in a frame, and a row.`,
  leavesOut: 'inference and what follows it, and the start of the processes. The bare side neither makes its messages nor parses them.',
  async run({ quick, say }) {
    const minutes = quick ? 0.1 : 10;
    const { instruments, messages, ticks } = await simulatedFeed(SYMBOLS, minutes);
    const bytes = messages.reduce((sum, message) => sum + encodeFeedMessage('f', message).body.length, 0);
    const server = await startNatsServer();
    const connection = await connectQuietly(server.url);
    let runs = 0;
    try {
      const ours = async (): Promise<number> => {
        const name = `ours-${runs++}`;
        const run = await runPipeline({ server, connection, name, symbols: SYMBOLS, minutes, instruments, parts: ['recorder'] });
        await forgetRun(connection, name);
        say(`pipeline ${run.seconds.toFixed(1)} s; CPU s: ${Object.entries(run.cpu).map(([part, cpu]) => `${part} ${cpu?.toFixed(1)}`).join(', ')}`);
        return ticks / run.seconds;
      };
      const bare = (publisher: Publisher) => async (): Promise<number> => {
        const name = `bare-${runs++}`;
        const stream = ticksStream(name);
        await ensureStreams(connection, streamsFor([name]));
        const seconds = await timeBare([{ kind: 'publish', url: server.url, publisher, feed: name, symbols: SYMBOLS, minutes }, { kind: 'consume', url: server.url, stream, count: messages.length }]);
        await connection.jsm.streams.delete(stream);
        say(`bare, ${publisher} ${seconds.toFixed(1)} s`);
        return ticks / seconds;
      };
      const row = { name: 'ticks through source, feed, features and store', unit: 'ticks/s', note: `${ticks.toLocaleString('en-US')} ticks of ${Math.round(bytes / messages.length)} bytes on average.` };
      const rows: Row[] = [];
      for (const [publisher, beside, target] of [['client', 'fenced publish and bare consume', { of: 'ratio', atLeast: 0.6 }], ['product', 'the product\'s publisher and bare consume', null]] as const) {
        rows.push(compared(await inTurn(quick ? 1 : 4, ours, bare(publisher)), { ...row, beside, target }));
      }
      return rows;
    } finally {
      await connection.close();
      await server.stop();
    }
  },
};
