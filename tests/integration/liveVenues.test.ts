/**
 * Two live venues as one feed, on a real nats-server: one is slow, the other is cut, refused and dead for a while, and the
 * source is stopped and started again. Neither loses what the other's trouble might have taken, gaps name their venue,
 * frames never wait, and the frames of the written feed are those that were made live.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { expect, it } from 'vitest';
import { runFeatures } from '../../processors/features/service.ts';
import { createFrameEngine } from '../../quant/frames/engine.ts';
import { frameBytes } from '../../quant/frames/message.ts';
import { featureSchema } from '../../quant/frames/schema.ts';
import { wallClock } from '../../runtime/clock.ts';
import { messageOf } from '../../runtime/errors.ts';
import { type Connection, connect } from '../../streams/edge/connect.ts';
import { readStream } from '../../streams/edge/consume.ts';
import { openFeedPublisher } from '../../streams/edge/feedPublisher.ts';
import { streamBounds } from '../../streams/edge/stored.ts';
import { ensureBuckets, ensureStreams } from '../../streams/edge/streams.ts';
import { CLOCK_STEP_US, type Status } from '../../streams/messages/control.ts';
import { type FeedMessage, parseFeedMessage } from '../../streams/messages/feed.ts';
import { FLAG, parseFrame } from '../../streams/messages/frame.ts';
import type { Quote, Trade } from '../../streams/messages/tick.ts';
import { type FakeVenue, startFakeVenue, type Step } from '../../streams/sources/binance/fakeVenue.ts';
import { LIVE_LIMITS, type LiveLimits, openBinance } from '../../streams/sources/binance/live.ts';
import { type BinanceVenue, createBinanceParser } from '../../streams/sources/binance/parse.ts';
import { pump } from '../../streams/sources/pump.ts';
import { FEATURES, streamsFor, ticksStream } from '../../streams/streams.ts';
import { silentLog, testContext } from '../support/context.ts';
import { natsServerPath, startNatsServer } from '../support/natsServer.ts';
import { until } from '../support/pipeline.ts';
import { recording } from '../support/recordings.ts';

const [spotPath, usdmPath] = [recording('binance-spot'), recording('binance-usdm')];
const FEED = { name: 'live', speed: null, fastUntil: null };
const SPOT = 'binance-spot';
const USDM = 'binance-usdm';
const UNIVERSE = { name: 'both', instruments: [`${SPOT}.BTCUSDT`, `${USDM}.BTCUSDT`], stepMs: 100, horizonsMs: [1_000], leaders: [] };
const LIMITS: LiveLimits = { ...LIVE_LIMITS, firstMs: 5, maxMs: 20, checkEveryMs: 20, pingAfterMs: 300, deadAfterMs: 2_000 };
const END = 'the script has ended';
const never = new AbortController().signal;

const SLOW_BLOCKS = 60;
const SPOT_SCRIPT: Step[] = [
  ...Array.from({ length: SLOW_BLOCKS }, (): Step[] => [{ do: 'wait', ms: 40 }, { do: 'send', count: 15 }]).flat(), { do: 'fallQuiet' },
  { do: 'miss', count: 100 }, { do: 'send', count: 300 }, { do: 'close', reason: END },
];
const USDM_SCRIPT: Step[] = [
  { do: 'send', count: 600 }, { do: 'cutMidFrame' }, { do: 'refuseDial', status: 503 },
  { do: 'repeat', count: 600 }, { do: 'send', count: 400 }, { do: 'playDead' }, { do: 'repeat', count: 400 }, { do: 'send', count: 400 }, { do: 'fallQuiet' },
  { do: 'miss', count: 300 }, { do: 'send', count: 400 }, { do: 'close', reason: END },
];

const isTick = (message: FeedMessage): message is Trade | Quote => message.type === 'trade' || message.type === 'quote';
/** What identifies a tick whenever it came. USD-M's quotes have a time of their own, spot's have that of their arrival. */
const keyOf = (tick: Trade | Quote): string => JSON.stringify({ ...tick, tsInit: 0, tsEvent: 0 });
const framesOf = (folder: string, file: string): string[] => gunzipSync(readFileSync(join(folder, file))).toString('utf8').split('\n').slice(0, 2_200).map((line) => line.slice(20));
function genuine(venue: BinanceVenue, frames: readonly string[], ...parts: readonly (readonly [number, number])[]): string[] {
  const parser = createBinanceParser(venue);
  return parts.flatMap(([from, to]) => frames.slice(from, to)).map((text) => parser.parse(text, 0)).filter((parsed): parsed is Trade | Quote => parsed !== null && !('dropped' in parsed)).map(keyOf);
}

/** What is stored now. */
async function stored(connection: Connection, stream: string): Promise<{ subject: string; data: Uint8Array }[]> {
  const { lastSeq } = await streamBounds(connection, stream);
  const all: { subject: string; data: Uint8Array }[] = [];
  if (lastSeq > 0) for await (const { subject, data, seq } of readStream(connection, { stream, fromSeq: 1, signal: never })) {
    all.push({ subject, data });
    if (seq === lastSeq) break;
  }
  return all;
}
const feedOf = async (connection: Connection): Promise<FeedMessage[]> => (await stored(connection, ticksStream(FEED.name))).map(({ subject, data }) => parseFeedMessage(subject, data));
const ticksOf = (feed: readonly FeedMessage[], venue: string): (Trade | Quote)[] => feed.filter(isTick).filter(({ instrument }) => instrument.startsWith(`${venue}.`));
const statusesOf = (feed: readonly FeedMessage[], venue: string): Status['status'][] => feed.filter((message): message is Status => message.type === 'status').map(({ status }) => status).filter((status) => 'venue' in status && status.venue === venue);
const hasEnded = (feed: readonly FeedMessage[], venue: string): boolean => statusesOf(feed, venue).some((status) => status.kind === 'disconnected' && status.detail?.includes(END));

/** The source service's own loop, until the feed is as asked for. */
async function runSource(connection: Connection, venues: readonly FakeVenue[], reached: (feed: FeedMessage[]) => boolean): Promise<void> {
  const stop = new AbortController();
  const places = venues.map(({ url }, i) => ({ market: (['spot', 'usdm'] as const)[i]!, streamUrl: url, symbols: ['BTCUSDT'] }));
  const running = pump(openBinance(places, wallClock, () => 0.5, LIMITS), await openFeedPublisher(connection, FEED.name, silentLog), FEED, wallClock, testContext('source', stop.signal));
  try {
    let feed: FeedMessage[] = [];
    await until('the venues to have played their part', async () => reached(feed = await feedOf(connection)), 20_000).catch((error: unknown) => {
      throw new Error(`${messageOf(error)}; the feed has ${ticksOf(feed, SPOT).length} and ${ticksOf(feed, USDM).length} ticks, ${JSON.stringify([SPOT, USDM].map((venue) => statusesOf(feed, venue)))}`);
    });
  } finally {
    stop.abort();
    await running;
  }
}

it.skipIf(natsServerPath() === null || spotPath === null || usdmPath === null)('two live venues are one feed, and the trouble of one is its own', async () => {
  const spotFrames = framesOf(spotPath!, 'btcusdt_20240808.gz');
  const usdmFrames = framesOf(usdmPath!, 'btcusdt_20240719.gz');
  const venues = [await startFakeVenue(spotFrames, SPOT_SCRIPT), await startFakeVenue(usdmFrames, USDM_SCRIPT)];
  const server = await startNatsServer();
  const stop = new AbortController();
  const connection = await connect({ url: server.url, credentialsFile: null }, 'test', silentLog);
  try {
    await ensureStreams(connection, streamsFor([FEED.name]));
    await ensureBuckets(connection);
    const features = testContext('features', stop.signal);
    const making = runFeatures(connection, { feed: { name: FEED.name, virtual: false } }, UNIVERSE, features);
    const slow = genuine(SPOT, spotFrames, [0, SLOW_BLOCKS * 15]);
    const troubled = genuine(USDM, usdmFrames, [0, 1_400]);
    await runSource(connection, venues, (feed) => ticksOf(feed, SPOT).length >= slow.length && ticksOf(feed, USDM).length >= troubled.length);
    const before = await feedOf(connection);
    await runSource(connection, venues, (feed) => [SPOT, USDM].every((venue) => hasEnded(feed, venue)));
    const feed = await feedOf(connection);
    await until('features to have read it all', () => features.health().cursors[ticksStream(FEED.name)] === feed.length);
    stop.abort();
    await making;

    expect(ticksOf(feed, SPOT).map(keyOf)).toEqual([...slow, ...genuine(SPOT, spotFrames, [SLOW_BLOCKS * 15 + 100, SLOW_BLOCKS * 15 + 400])]);
    expect(ticksOf(feed, USDM).map(keyOf)).toEqual([...troubled, ...genuine(USDM, usdmFrames, [1_700, 2_100])]);
    expectStories(before, feed);
    expectOneFeed(feed, before.length);
    expectFrames(feed, (await stored(connection, FEATURES)).map(({ data }) => data));
  } finally {
    stop.abort();
    await connection.close();
    await server.stop();
    await Promise.all(venues.map((venue) => venue.close()));
  }
}, 60_000);

/** Spot heard nothing of what happened to USD-M: it has its own connection, gap and end, and went on during the other's outage. */
function expectStories(before: readonly FeedMessage[], feed: readonly FeedMessage[]): void {
  const kinds = (messages: readonly FeedMessage[], venue: string): string[] => statusesOf(messages, venue).map(({ kind }) => kind);
  expect(kinds(before, SPOT)).toEqual(['disconnected', 'connected', 'gap']);
  expect(statusesOf(before, USDM).map((status) => (status.kind === 'disconnected' ? status.detail : status.kind))).toEqual([
    expect.stringContaining('connecting to'), 'connected', 'gap', expect.stringContaining('(1006)'), 'Unexpected server response: 503', 'connected', 'gap', 'no sign of life for 2 s', 'connected', 'gap',
  ]);
  const outage = statusesOf(before, USDM).at(-1)!;
  if (outage.kind !== 'gap') throw new Error('the last thing before the restart is not the gap of the outage');
  const during = (venue: string): number => ticksOf(before, venue).filter(({ tsInit }) => tsInit > outage.from && tsInit < outage.to).length;
  expect(during(USDM)).toBe(0);
  expect(during(SPOT)).toBeGreaterThan(0);
  expect(kinds(feed.slice(before.length), SPOT).slice(0, 4)).toEqual(['disconnected', 'connected', 'gap', 'disconnected']);
}

/** One order, which is that of arrival; every clock in its place; the restart is said, for all venues, before anything else. */
function expectOneFeed(feed: readonly FeedMessage[], restartedAt: number): void {
  expect(feed.every(({ tsInit }, i) => i === 0 || tsInit >= feed[i - 1]!.tsInit)).toBe(true);
  const stopped = feed[restartedAt - 1]!.tsInit;
  expect(feed[restartedAt]).toEqual({ v: 1, type: 'status', tsInit: feed[restartedAt]!.tsInit, status: { kind: 'gap', from: stopped, to: feed[restartedAt]!.tsInit, reason: 'the source was not running' } });
  for (const part of [feed.slice(0, restartedAt), feed.slice(restartedAt + 1)]) {
    const clocks = part.filter(({ type }) => type === 'clock').map(({ tsInit }) => tsInit / CLOCK_STEP_US);
    const [first, last] = [Math.ceil(part[0]!.tsInit / CLOCK_STEP_US), Math.floor(part.at(-1)!.tsInit / CLOCK_STEP_US)];
    expect(clocks).toEqual(Array.from({ length: last - first + 1 }, (_, i) => first + i));
  }
}

function expectFrames(feed: readonly FeedMessage[], made: readonly Uint8Array[]): void {
  const { features, hash } = featureSchema(UNIVERSE.stepMs);
  const engine = createFrameEngine({ ...UNIVERSE, features });
  const replayed = feed.flatMap((message) => [...engine.push(message)]).map((frame) => Buffer.from(frameBytes(UNIVERSE.name, hash, UNIVERSE.instruments, frame)).toString());
  expect(made.map((bytes) => Buffer.from(bytes).toString())).toEqual(replayed);
  const frames = made.map(parseFrame);
  expect(frames.every(({ ts }, i) => i === 0 || ts - frames[i - 1]!.ts === UNIVERSE.stepMs * 1_000), 'no step of the grid is left out').toBe(true);
  const usdmAlone = frames.filter(({ flags: [spot, usdm] }) => (usdm! & FLAG.gap) !== 0 && (spot! & FLAG.gap) === 0);
  expect(usdmAlone.length, 'the gaps of one venue flag its instrument alone').toBeGreaterThanOrEqual(1);
}
