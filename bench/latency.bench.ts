/**
 * From the moment before the message that closes a frame is published, to the moment the last instrument's prediction of that frame is
 * at a WebSocket client; beside a bare relay of payloads of the same sizes over as many stored streams, processes and a WebSocket.
 * Publisher and client are this process on both sides, so one clock measures both ways.
 */
import { writeFileSync } from 'node:fs';
import { WebSocket } from 'ws';
import type { Config } from '../runtime/config.ts';
import type { Connection } from '../streams/edge/connect.ts';
import { type FeedPublisher, openFeedPublisher } from '../streams/edge/feedPublisher.ts';
import { lastOfSubject } from '../streams/edge/stored.ts';
import { ensureStreams } from '../streams/edge/streams.ts';
import type { FeedMessage } from '../streams/messages/feed.ts';
import { clocksBefore } from '../streams/sources/clockGrid.ts';
import { SIMULATION_START_TS } from '../streams/sources/simulator/simulator.ts';
import { FEATURES, LATEST, PREDICTIONS, streamsFor, ticksStream } from '../streams/streams.ts';
import { clockSubject, featuresSubject, latestSubject, predictionsSubject } from '../streams/subjects.ts';
import { startNatsServer } from '../tests/support/natsServer.ts';
import { type Bench, compared, median, quantile, type Row, tail } from './bench.ts';
import { latencies } from './support/latencies.ts';
import { promoteModel } from './support/model.ts';
import { MAINS } from './support/pipeline.ts';
import { connectQuietly } from './support/quiet.ts';
import { type Relay, startRelay } from './support/relay.ts';
import { configOf, type Service, sleep, startService, until } from './support/services.ts';
import { simulatedFeed } from './support/ticks.ts';

const SYMBOLS = 20;
const STEP_MS = 100;
const STEP_US = STEP_MS * 1_000;
const TARGETS = { p50: 1.5, p99: 2 } as const;
/** Found, not parsed: a client's work is no part of either side. */
const PREDICTION = '{"type":"prediction"';
const FRAME_TS = /"frameTs":(\d+)/;
/** What is published at once at most: timers are no finer. */
const PACE_MS = 1;
/** Frames at the start of a window that don't count: whoever slept wakes up. */
const WAKING_FRAMES = 5;
/** For the last frame of a window to arrive. */
const LAST_MS = 5_000;
const quiet = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };

/** The simulated market with its time pressed together until it has `rate` ticks a second, and clocks on the grid of that time. */
async function denseFeed(rate: number, seconds: number): Promise<{ instruments: readonly string[]; messages: FeedMessage[] }> {
  const probe = await simulatedFeed(SYMBOLS, 1);
  const factor = rate / (probe.ticks / 60);
  const { instruments, messages } = await simulatedFeed(SYMBOLS, ((seconds + 2) * factor) / 60);
  const dense: FeedMessage[] = [];
  let known = SIMULATION_START_TS;
  for (const message of messages) {
    if (message.type !== 'trade' && message.type !== 'quote') continue;
    const ts = SIMULATION_START_TS + Math.floor((message.tsInit - SIMULATION_START_TS) / factor);
    dense.push(...clocksBefore(known, ts), { ...message, tsEvent: ts, tsInit: ts });
    known = Math.max(known, ts);
  }
  return { instruments, messages: dense };
}

/** One side: where ticks go in, and when each frame's last message came out. */
interface Side { readonly publisher: FeedPublisher; next: number; readonly sent: Map<number, number>; readonly came: Map<number, number>; readonly counted: Map<number, number> }
const newSide = (publisher: FeedPublisher): Side => ({ publisher, next: 0, sent: new Map(), came: new Map(), counted: new Map() });

function arrived(side: Side, frameTs: number): void {
  const count = (side.counted.get(frameTs) ?? 0) + 1;
  side.counted.set(frameTs, count);
  if (count === SYMBOLS) side.came.set(frameTs, performance.now());
}

/** Publishes the next `seconds` of the feed at its own pace. The frames closed meanwhile, those of the beginning left out. */
async function window(side: Side, messages: readonly FeedMessage[], seconds: number): Promise<number[]> {
  const fromTs = messages[side.next]!.tsInit;
  const started = performance.now();
  const closed: number[] = [];
  while (side.next < messages.length && messages[side.next]!.tsInit < fromTs + seconds * 1e6) {
    const dueTs = fromTs + (performance.now() - started) * 1_000;
    const due: FeedMessage[] = [];
    for (; side.next < messages.length && messages[side.next]!.tsInit <= dueTs; side.next++) due.push(messages[side.next]!);
    for (const { type, tsInit } of due) {
      if (type !== 'clock' || tsInit % STEP_US !== 0) continue;
      side.sent.set(tsInit, performance.now());
      closed.push(tsInit);
    }
    if (due.length > 0) await side.publisher.publish(due);
    await sleep(PACE_MS);
  }
  await side.publisher.flush();
  await sleep(200);
  return closed.slice(WAKING_FRAMES);
}

function listen(socket: WebSocket, side: Side, frameTsOf: (text: string) => number | null): Promise<void> {
  socket.on('message', (data: Buffer) => {
    const ts = frameTsOf(data.toString());
    if (ts !== null) arrived(side, ts);
  });
  return new Promise((resolve, reject) => socket.once('open', () => resolve()).once('error', reject));
}

async function startOurs(connection: Connection, config: Config): Promise<{ services: Service[]; side: Side; socket: WebSocket }> {
  const token = 'a-token-of-the-latency-bench';
  writeFileSync(config.gateway.tokenFile, token);
  await promoteModel(connection, config);
  const services = (['features', 'inference', 'latest', 'gateway'] as const).map((part) => startService(part, MAINS[part], config));
  await Promise.all(services.map((service) => service.running()));
  await until('the gateway listens', () => services[3]!.health()?.detail.startsWith('http') ?? false);
  const socket = new WebSocket(`${services[3]!.health()!.detail.replace('http', 'ws')}/api/v1/stream`, { headers: { authorization: `Bearer ${token}` } });
  const side = newSide(await openFeedPublisher(connection, config.feed.name, quiet));
  await listen(socket, side, (text) => (text.startsWith(PREDICTION) ? Number(FRAME_TS.exec(text)![1]) : null));
  socket.send(JSON.stringify({ type: 'subscribe', instruments: ['*'] }));
  return { services, side, socket };
}

/** As they are stored by now. */
async function sizesOf(connection: Connection, config: Config): Promise<{ frame: number; prediction: number; latest: number; text: number }> {
  const { name, instruments } = config.universes[0]!;
  const bytes = async (stream: string, subject: string): Promise<number> => {
    await until(`a message on ${subject}`, async () => (await lastOfSubject(connection, stream, subject)) !== null);
    return (await lastOfSubject(connection, stream, subject))!.data.length;
  };
  const latest = await bytes(LATEST, latestSubject('prediction', instruments[0]!));
  return { frame: await bytes(FEATURES, featuresSubject(name)), prediction: await bytes(PREDICTIONS, predictionsSubject(name)), latest, text: latest + `{"type":"prediction","instrument":"${instruments[0]}","value":}`.length };
}

function rowsOf(rate: number, ours: readonly (readonly number[])[], bare: readonly (readonly number[])[], passedOver: number): Row[] {
  const row = (name: keyof typeof TARGETS) => ({
    name: `closing tick to prediction at a WebSocket, ${rate.toLocaleString('en-US')} ticks/s, ${name}`, unit: 'ms', beside: 'bare relay', target: { of: 'ratio' as const, atMost: TARGETS[name] },
    note: `${name === 'p99' ? 'Over all ' : ''}${ours.flat().length} frames${passedOver > 0 ? `, ${passedOver} of them passed over for newer ones: until those came` : ''}.`,
  });
  return [compared({ ours: ours.map(median), beside: bare.map(median) }, row('p50')), tail(0.99, ours, bare, row('p99'))];
}

async function atRate(rate: number, quick: boolean, say: (text: string) => void): Promise<Row[]> {
  const windows = quick ? 1 : 6;
  const seconds = quick ? 0.8 : 7;
  const waking = quick ? 0.2 : 1;
  const { instruments, messages } = await denseFeed(rate, windows * seconds + 3);
  const server = await startNatsServer();
  const connection = await connectQuietly(server.url);
  await ensureStreams(connection, streamsFor(['ours', 'bare']));
  const config = configOf({ natsUrl: server.url, name: 'ours', instruments, source: { kind: 'simulator', seed: 1, symbols: SYMBOLS, minutes: null, predictable: true }, stepMs: STEP_MS, horizonsMs: [1_000, 5_000], virtual: false });
  const { services, side, socket } = await startOurs(connection, config);
  let relay: Relay | null = null;
  try {
    await window(side, messages, waking); // wakes everything, and shows the sizes
    relay = await startRelay(connection, server.url, ticksStream('bare'), clockSubject('bare'), STEP_US, SYMBOLS, await sizesOf(connection, config));
    const other = newSide(await openFeedPublisher(connection, 'bare', quiet));
    const bareSocket = new WebSocket(`ws://127.0.0.1:${relay.port}`);
    await listen(bareSocket, other, (text) => Number(text.slice(0, 20)));
    await window(other, messages, waking);
    const [ours, bare]: [number[][], number[][]] = [[], []];
    let passedOver = 0;
    const measure = async (which: Side, into: number[][]): Promise<void> => {
      const closed = await window(which, messages, seconds);
      await until('the last frame of the window', () => which.came.has(closed.at(-1)!), LAST_MS);
      if (which === side) passedOver += closed.filter((ts) => !which.came.has(ts)).length;
      into.push(latencies(closed, which));
    };
    for (let round = 0; round < windows; round++) {
      for (const [which, into] of round % 2 === 0 ? ([[side, ours], [other, bare]] as const) : ([[other, bare], [side, ours]] as const)) await measure(which, into);
      say(`${rate} ticks/s: p50 ${quantile(ours.at(-1)!, 0.5).toFixed(2)} ms, bare ${quantile(bare.at(-1)!, 0.5).toFixed(2)} ms; p99 ${quantile(ours.at(-1)!, 0.99).toFixed(1)}, bare ${quantile(bare.at(-1)!, 0.99).toFixed(1)}`);
    }
    bareSocket.terminate();
    return rowsOf(rate, ours, bare, passedOver);
  } finally {
    socket.terminate();
    await Promise.all([relay?.end(), ...services.map((service) => service.end())]);
    await connection.close();
    await server.stop();
  }
}

export const bench: Bench = {
  name: 'latency',
  about: `${SYMBOLS} symbols, a frame each ${STEP_MS} ms, a trained model; until the last symbol's prediction has arrived.`,
  leavesOut: 'the venue\'s socket and its parsing, the network, a browser\'s drawing; recorder and outcomes, which run beside these services in use, are not started. The relay parses and computes nothing.',
  async run({ quick, say, keep }) {
    const rows: Row[] = [];
    for (const rate of quick ? [1_000] : [1_000, 5_000]) {
      const done = await atRate(rate, quick, say);
      keep(done);
      rows.push(...done);
    }
    return rows;
  },
};
