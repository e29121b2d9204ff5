/**
 * How long killed services take: from kill -9 (and an immediate new start, as the supervisor's) until they have caught up and handled what came
 * meanwhile, at the worst moment: features just before a snapshot, with nearly 50,000 messages and 300 frames to read again; inference
 * with its whole window full and 125 to 140 frames behind its last snapshot; outcomes 84 to 99 frames behind its own. 1,000 symbols are two universes with a feed each, killed at once.
 */
import { startNatsServer } from '../tests/support/natsServer.ts';
import type { Config } from '../runtime/config.ts';
import type { Connection } from '../streams/edge/connect.ts';
import { type FeedPublisher, openFeedPublisher } from '../streams/edge/feedPublisher.ts';
import { lastOfSubject } from '../streams/edge/stored.ts';
import { ensureStreams } from '../streams/edge/streams.ts';
import type { FeedMessage } from '../streams/messages/feed.ts';
import { parseFrame } from '../streams/messages/frame.ts';
import { FEATURES, HEADER, OUTCOMES, PREDICTIONS, streamsFor } from '../streams/streams.ts';
import { featuresSubject, outcomesSubject, predictionsSubject } from '../streams/subjects.ts';
import { atWorst, type Bench, type Row } from './bench.ts';
import { promoteModel } from './support/model.ts';
import { MAINS } from './support/pipeline.ts';
import { connectQuietly } from './support/quiet.ts';
import { configOf, type Service, startService, until } from './support/services.ts';
import { simulatedFeed } from './support/ticks.ts';

const SIZES = [{ universes: 1, symbols: 10 }, { universes: 1, symbols: 100 }, { universes: 1, symbols: 500 }, { universes: 2, symbols: 500 }] as const;
/** A feed is thinned to this, or the bench would publish for minutes; a snapshot comes after 50,000 messages in any case. */
const MESSAGES_A_FRAME = 165;
const KILLS = 5;
const RECOVER_BELOW_MS = 2_000;
const WAIT_MS = 120_000;
const PARTS = ['features', 'inference', 'outcomes'] as const;
type Killed = (typeof PARTS)[number];
/** Each kill takes a frame more. Inference's window of 1,205 is full by then, it took its 9th snapshot at 1,359, outcomes its 14th at 1,400; features and outcomes take none before all kills are over. */
const NEXT_SNAPSHOT = 1_500;
const FRAMES = NEXT_SNAPSHOT - 1 - KILLS * PARTS.length;
const quiet = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };

/** Every clock, and as many ticks as fit, spread evenly. */
function thinned(messages: readonly FeedMessage[], seconds: number): FeedMessage[] {
  const keep = Math.min(1, ((MESSAGES_A_FRAME - 10) * seconds) / messages.length);
  return messages.filter(({ type }, i) => (type !== 'trade' && type !== 'quote') || Math.floor(i * keep) !== Math.floor((i - 1) * keep));
}

interface Universe { readonly config: Config; readonly messages: readonly FeedMessage[]; readonly publisher: FeedPublisher; at: number; readonly services: Map<Killed, Service> }

async function openUniverse(connection: Connection, natsUrl: string, name: string, symbols: number, seconds: number): Promise<Universe> {
  const feed = await simulatedFeed(symbols, seconds / 60);
  await ensureStreams(connection, streamsFor([name]));
  const config = configOf({ natsUrl, name, instruments: feed.instruments, source: { kind: 'simulator', seed: 1, symbols, minutes: 1, predictable: true } });
  await promoteModel(connection, config);
  const services = new Map<Killed, Service>(PARTS.map((part) => [part, startService(part, MAINS[part], config)]));
  return { config, messages: thinned(feed.messages, seconds), publisher: await openFeedPublisher(connection, name, quiet), at: 0, services };
}

/** What the market says up to `toTs`. */
async function publishUntil(universe: Universe, toTs: number): Promise<void> {
  const from = universe.at;
  while (universe.at < universe.messages.length && universe.messages[universe.at]!.tsInit <= toTs) universe.at += 1;
  await universe.publisher.publish(universe.messages.slice(from, universe.at));
  await universe.publisher.flush();
}

async function isDone(connection: Connection, { config }: Universe, part: Killed, ts: number): Promise<boolean> {
  const { name } = config.universes[0]!;
  const frame = await lastOfSubject(connection, FEATURES, featuresSubject(name));
  if (frame === null || parseFrame(frame.data).ts < ts) return false;
  if (part === 'features') return true;
  const last = await (part === 'inference' ? lastOfSubject(connection, PREDICTIONS, predictionsSubject(name)) : lastOfSubject(connection, OUTCOMES, outcomesSubject(name)));
  return Number(last?.header(HEADER.inputSeq) ?? 0) >= frame.seq;
}

async function withSymbols(count: number, symbols: number, quick: boolean, say: (text: string) => void): Promise<Row[]> {
  const frames = quick ? 20 : FRAMES;
  const kills = quick ? 1 : KILLS;
  const server = await startNatsServer();
  const connection = await connectQuietly(server.url);
  const universes: Universe[] = [];
  const took: Record<Killed, number[]> = { features: [], inference: [], outcomes: [] };
  const all = (work: (universe: Universe) => Promise<void>): Promise<unknown> => Promise.all(universes.map(work));
  try {
    for (let i = 0; i < count; i++) universes.push(await openUniverse(connection, server.url, `u${i}-${symbols}`, symbols, frames + kills * PARTS.length + 2));
    let now = universes[0]!.messages[0]!.tsInit + frames * 1e6;
    await all((universe) => publishUntil(universe, now));
    await all((universe) => until('the outcomes before the kill', () => isDone(connection, universe, 'outcomes', now), WAIT_MS));
    for (let kill = 0; kill < kills; kill++) {
      for (const part of PARTS) {
        now += 1e6;
        await all((universe) => universe.services.get(part)!.end('SIGKILL'));
        const started = performance.now();
        for (const { services, config } of universes) services.set(part, startService(part, MAINS[part], config));
        await all((universe) => publishUntil(universe, now)); // a second of the market passes meanwhile
        await all((universe) => until(`${part} after a kill`, () => isDone(connection, universe, part, now), WAIT_MS, 5));
        took[part].push(performance.now() - started);
      }
    }
  } finally {
    await all(async ({ services }) => void (await Promise.all([...services.values()].map((service) => service.end()))));
    await connection.close();
    await server.stop();
  }
  const text = (count * symbols).toLocaleString('en-US');
  say(`${text} symbols: ${PARTS.map((part) => `${part} ${took[part].map(Math.round).join(', ')} ms`).join('; ')}`);
  return PARTS.map((part) => atWorst(took[part], { name: `recovery of ${part}, ${text} symbols`, unit: 'ms', target: { of: 'value', atMost: RECOVER_BELOW_MS }, note: `The slowest of ${kills} kills${count === 1 ? '' : `, ${count} universes at once`}.` }));
}

export const bench: Bench = {
  name: 'recovery',
  about: `kill -9 and an immediate new start at the worst moment, until the frames (or predictions, or outcomes) of what came meanwhile are stored. ${FRAMES.toLocaleString('en-US')} frames behind it. About half a second of it is the start of a process.`,
  leavesOut: 'the supervisor\'s pause before a restart (0.1 s).',
  async run({ quick, say, keep }) {
    const rows: Row[] = [];
    for (const { universes, symbols } of quick ? SIZES.slice(0, 1) : SIZES) {
      const done = await withSymbols(universes, symbols, quick, say);
      keep(done);
      rows.push(...done);
    }
    return rows;
  },
};
