/**
 * Ticks a second through source, feed, features and store (all at once, as they run), beside the same messages published by the
 * product's own fenced publisher and consumed by one bare reader, both at once too. On a machine with few cores it is the processor time of all parts that counts.
 */
import { encodeFeedMessage } from '../streams/messages/feed.ts';
import { ensureStreams } from '../streams/edge/streams.ts';
import { streamsFor, ticksStream } from '../streams/streams.ts';
import { startNatsServer } from '../tests/support/natsServer.ts';
import { type Bench, compared, inTurn } from './bench.ts';
import { timeBare } from './support/bare.ts';
import { runPipeline } from './support/pipeline.ts';
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
        const run = await runPipeline({ server, connection, name: `ours-${runs++}`, symbols: SYMBOLS, minutes, instruments, parts: ['recorder'] });
        say(`pipeline ${run.seconds.toFixed(1)} s; CPU s: ${Object.entries(run.cpu).map(([part, cpu]) => `${part} ${cpu?.toFixed(1)}`).join(', ')}`);
        return ticks / run.seconds;
      };
      const bare = async (): Promise<number> => {
        const name = `bare-${runs++}`;
        const stream = ticksStream(name);
        await ensureStreams(connection, streamsFor([name]));
        const seconds = await timeBare([{ kind: 'publish', url: server.url, feed: name, symbols: SYMBOLS, minutes }, { kind: 'consume', url: server.url, stream, count: messages.length }]);
        await connection.jsm.streams.delete(stream);
        say(`bare ${seconds.toFixed(1)} s`);
        return ticks / seconds;
      };
      const pairs = await inTurn(quick ? 1 : 4, ours, bare);
      return [compared(pairs, { name: 'ticks through source, feed, features and store', unit: 'ticks/s', beside: 'fenced publish and bare consume', target: { of: 'ratio', atLeast: 0.6 }, note: `${ticks.toLocaleString('en-US')} ticks of ${Math.round(bytes / messages.length)} bytes on average.` })];
    } finally {
      await connection.close();
      await server.stop();
    }
  },
};
