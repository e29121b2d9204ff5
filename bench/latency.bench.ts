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
import { FEATURES, LATEST, PREDICTIONS, streamsFor } from '../streams/streams.ts';
import { featuresSubject, latestSubject, predictionsSubject } from '../streams/subjects.ts';
import { startNatsServer } from '../tests/support/natsServer.ts';
import { type Bench, compared, median, quantile, type Row, tail } from './bench.ts';
import { latencies } from './support/latencies.ts';
import { promoteModel } from './support/model.ts';
import { MAINS } from './support/pipeline.ts';
import type { Publisher } from './support/publisher.ts';
import { connectQuietly, quietLog } from './support/quiet.ts';
import { type Relay, type Sizes, startRelay } from './support/relay.ts';
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
const HANDSHAKE_MS = 10_000;

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
  const socket = new WebSocket(`${services[3]!.health()!.detail.replace('http', 'ws')}/api/v1/stream`, { handshakeTimeout: HANDSHAKE_MS, headers: { authorization: `Bearer ${token}` } });
  const side = newSide(await openFeedPublisher(connection, config.feed.name, quietLog));
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

type Latencies = readonly (readonly number[])[];

function rowsOf(rate: number, ours: Latencies, passedOver: number, bare: Latencies, { beside, hasTarget }: Peer): Row[] {
  const row = (name: keyof typeof TARGETS) => ({
    name: `closing tick to prediction at a WebSocket, ${rate.toLocaleString('en-US')} ticks/s, ${name}`, unit: 'ms', beside, target: hasTarget ? { of: 'ratio' as const, atMost: TARGETS[name] } : null,
    note: `${name === 'p99' ? 'Over all ' : ''}${ours.flat().length} frames${passedOver > 0 ? `, ${passedOver} of them passed over for newer ones: until those came` : ''}.`,
  });
  return [compared({ ours: ours.map(median), beside: bare.map(median) }, row('p50')), tail(0.99, ours, bare, row('p99'))];
}

interface Peer { readonly publisher: Publisher; readonly feed: string; readonly beside: string; readonly hasTarget: boolean }
const PEERS: readonly Peer[] = [
  { publisher: 'client', feed: 'bare', beside: 'bare relay', hasTarget: true },
  { publisher: 'product', feed: 'own', beside: 'bare relay with the product\'s publisher', hasTarget: false },
];

async function startPeer(connection: Connection, url: string, { publisher, feed }: Peer, sizes: Sizes): Promise<{ relay: Relay; side: Side; socket: WebSocket }> {
  const relay = await startRelay(connection, { url, publisher, feed, stepUs: STEP_US, symbols: SYMBOLS, sizes });
  const socket = new WebSocket(`ws://127.0.0.1:${relay.port}`, { handshakeTimeout: HANDSHAKE_MS });
  const side = newSide(await openFeedPublisher(connection, feed, quietLog));
  await listen(socket, side, (text) => Number(text.slice(0, 20)));
  return { relay, side, socket };
}

async function atRate(rate: number, quick: boolean, say: (text: string) => void): Promise<Row[]> {
  const windows = quick ? 1 : 6;
  const seconds = quick ? 0.8 : 7;
  const waking = quick ? 0.2 : 1;
  const { instruments, messages } = await denseFeed(rate, windows * seconds + 3);
  const server = await startNatsServer();
  const connection = await connectQuietly(server.url);
  await ensureStreams(connection, streamsFor(['ours', ...PEERS.map(({ feed }) => feed)]));
  const config = configOf({ natsUrl: server.url, name: 'ours', instruments, source: { kind: 'simulator', seed: 1, symbols: SYMBOLS, minutes: null, predictable: true }, stepMs: STEP_MS, horizonsMs: [1_000, 5_000], virtual: false });
  const { services, side, socket } = await startOurs(connection, config);
  const peers: Awaited<ReturnType<typeof startPeer>>[] = [];
  try {
    await window(side, messages, waking); // wakes everything, and shows the sizes
    const sizes = await sizesOf(connection, config);
    for (const peer of PEERS) peers.push(await startPeer(connection, server.url, peer, sizes));
    const all = [{ side, rounds: [] as number[][] }, ...peers.map((peer) => ({ side: peer.side, rounds: [] as number[][] }))];
    for (const peer of peers) await window(peer.side, messages, waking);
    let passedOver = 0;
    for (let round = 0; round < windows; round++) {
      // Another begins each time, so that none is always the one after another.
      for (const { side: one, rounds } of all.map((_, i) => all[(i + round) % all.length]!)) {
        const closed = await window(one, messages, seconds);
        await until('the last frame of the window', () => one.came.has(closed.at(-1)!), LAST_MS);
        if (one === side) passedOver += closed.filter((ts) => !one.came.has(ts)).length;
        rounds.push(latencies(closed, one));
      }
      say(`${rate} ticks/s, p50 and p99: ${all.map(({ rounds }, i) => `${i === 0 ? 'ours' : PEERS[i - 1]!.publisher} ${quantile(rounds.at(-1)!, 0.5).toFixed(2)} ${quantile(rounds.at(-1)!, 0.99).toFixed(1)} ms`).join(', ')}`);
    }
    return PEERS.flatMap((peer, i) => rowsOf(rate, all[0]!.rounds, passedOver, all[i + 1]!.rounds, peer));
  } finally {
    for (const one of [{ socket }, ...peers]) one.socket.terminate();
    await Promise.all([...peers.map(({ relay }) => relay.end()), ...services.map((service) => service.end())]);
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
