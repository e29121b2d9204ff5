/**
 * How long a killed service takes: from kill -9 (and an immediate new start, as the supervisor's) until it has caught up and handled
 * what came meanwhile. The feed goes on at its own pace of about 8 ticks a second and symbol; the killed one has run long enough
 * to have the most behind it that a restart must read again.
 */
import { startNatsServer } from '../tests/support/natsServer.ts';
import type { Config } from '../runtime/config.ts';
import type { Connection } from '../streams/edge/connect.ts';
import { openFeedPublisher } from '../streams/edge/feedPublisher.ts';
import { lastOfSubject } from '../streams/edge/stored.ts';
import { ensureStreams } from '../streams/edge/streams.ts';
import { parseFrame } from '../streams/messages/frame.ts';
import { FEATURES, HEADER, PREDICTIONS, streamsFor } from '../streams/streams.ts';
import { featuresSubject, predictionsSubject } from '../streams/subjects.ts';
import { alone, type Bench, median, type Row } from './bench.ts';
import { promoteModel } from './support/model.ts';
import { connectQuietly, MAINS, type Part } from './support/pipeline.ts';
import { configOf, type Service, startService, until } from './support/services.ts';
import { simulatedFeed } from './support/ticks.ts';

const SYMBOLS = [10, 100, 500] as const;
/** Frames before the kill: nearly as many as a features service makes between two snapshots at most. */
const FRAMES = 290;
const RECOVER_BELOW_MS = 2_000;
const quiet = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };

const lastFrameTs = async (connection: Connection, universe: string): Promise<number> => {
  const last = await lastOfSubject(connection, FEATURES, featuresSubject(universe));
  return last === null ? 0 : parseFrame(last.data).ts;
};
const lastFrameSeq = async (connection: Connection, universe: string): Promise<number> => (await lastOfSubject(connection, FEATURES, featuresSubject(universe)))?.seq ?? 0;
const predictedSeq = async (connection: Connection, universe: string): Promise<number> => Number((await lastOfSubject(connection, PREDICTIONS, predictionsSubject(universe)))?.header(HEADER.inputSeq) ?? 0);

async function withSymbols(symbols: number, quick: boolean, say: (text: string) => void): Promise<Row[]> {
  const frames = quick ? 20 : FRAMES;
  const kills = quick ? 1 : 3;
  const feed = await simulatedFeed(symbols, (frames + kills * 2 + 2) / 60);
  const server = await startNatsServer();
  const connection = await connectQuietly(server.url);
  const name = `rec-${symbols}`;
  await ensureStreams(connection, streamsFor([name]));
  const config: Config = configOf({ natsUrl: server.url, name, instruments: feed.instruments, source: { kind: 'simulator', seed: 1, symbols, minutes: 1, predictable: true } });
  await promoteModel(connection, config);
  const services = new Map<Part, Service>((['features', 'inference'] as const).map((part) => [part, startService(part, MAINS[part], config)]));
  const publisher = await openFeedPublisher(connection, name, quiet);
  let at = 0;
  /** What the market says until `toTs`; gives the last whole step. */
  const publishUntil = async (toTs: number): Promise<void> => {
    const from = at;
    while (at < feed.messages.length && feed.messages[at]!.tsInit <= toTs) at += 1;
    await publisher.publish(feed.messages.slice(from, at));
    await publisher.flush();
  };
  const startTs = feed.messages[0]!.tsInit;
  const took: Record<'features' | 'inference', number[]> = { features: [], inference: [] };
  try {
    let now = startTs + frames * 1e6;
    await publishUntil(now);
    const done = { features: async () => (await lastFrameTs(connection, name)) >= now, inference: async () => (await predictedSeq(connection, name)) >= (await lastFrameSeq(connection, name)) };
    await until('the frames before the kill', done.features, 120_000);
    await until('their predictions', done.inference, 120_000);
    for (let kill = 0; kill < kills; kill++) {
      for (const part of ['features', 'inference'] as const) {
        now += 1e6;
        await services.get(part)!.end('SIGKILL');
        const started = performance.now();
        services.set(part, startService(part, MAINS[part], config));
        await publishUntil(now); // a second of the market passes meanwhile
        await until(`features after kill ${kill}`, done.features, 60_000, 5);
        await until(`${part} after kill ${kill}`, done[part], 60_000, 5);
        took[part].push(performance.now() - started);
      }
    }
  } finally {
    await Promise.all([...services.values()].map((service) => service.end()));
    await connection.close();
    await server.stop();
  }
  say(`${symbols} symbols: features ${median(took.features).toFixed(0)} ms, inference ${median(took.inference).toFixed(0)} ms`);
  return (['features', 'inference'] as const).map((part) =>
    alone(took[part], { name: `recovery of ${part}, ${symbols} symbols`, unit: 'ms', target: { of: 'value', atMost: RECOVER_BELOW_MS }, note: `${frames} frames and their ticks behind it.` }));
}

export const bench: Bench = {
  name: 'recovery',
  about: 'kill -9 and an immediate new start, until the frames (or predictions) of what came meanwhile are stored. Half a second of it is the start of a process.',
  leavesOut: 'the supervisor\'s pause before a restart (0.1 s).',
  async run({ quick, say }) {
    const rows: Row[] = [];
    for (const symbols of quick ? SYMBOLS.slice(0, 1) : SYMBOLS) rows.push(...(await withSymbols(symbols, quick, say)));
    return rows;
  },
};
