/**
 * What a reader of the gateway costs: processor time of the gateway a message delivered to a WebSocket, beside a bare hop that sends each
 * stored message of the same size to every socket. Both are paced alike.
 */
import { writeFileSync } from 'node:fs';
import { WebSocket } from 'ws';
import type { Connection } from '../streams/edge/connect.ts';
import { ensureStreams } from '../streams/edge/streams.ts';
import { encodeLatest, type LatestPrediction } from '../streams/messages/latest.ts';
import { streamsFor } from '../streams/streams.ts';
import { latestSubject } from '../streams/subjects.ts';
import { startNatsServer } from '../tests/support/natsServer.ts';
import { type Bench, compared, inTurn, missing } from './bench.ts';
import { MAINS } from './support/pipeline.ts';
import { connectQuietly } from './support/quiet.ts';
import { startRelay } from './support/relay.ts';
import { configOf, sleep, startService, until, usage } from './support/services.ts';

const SYMBOLS = 50;
const READERS = 40;
const ROUNDS_PER_SECOND = 10;
/** Nothing more in this time: it has all come. A gateway that is behind passes over older values, so it may be less than was said. */
const SETTLE_MS = 300;
const INSTRUMENTS = Array.from({ length: SYMBOLS }, (_, i) => `sim.S${i}`);
const predictionAt = (frameTs: number): LatestPrediction => ({
  v: 1, frameTs, madeAt: frameTs, late: false, model: 'ridge-0123456789ab', refPrice: 101.2345, flags: 0,
  horizons: [1_000, 5_000].map((horizonMs) => ({ horizonMs, retBps: 0.123456, loBps: -1.234567, hiBps: 1.345678, pUp: 0.5432 })),
});

interface Delivered { count: number; readonly sockets: WebSocket[] }
async function openReaders(url: string, headers: Record<string, string>, greeting: string | null): Promise<Delivered> {
  const delivered: Delivered = { count: 0, sockets: Array.from({ length: READERS }, () => new WebSocket(url, { headers })) };
  await Promise.all(delivered.sockets.map((socket) => new Promise<void>((resolve, reject) => socket.once('open', () => resolve()).once('error', reject))));
  for (const socket of delivered.sockets) {
    socket.on('message', () => (delivered.count += 1));
    if (greeting !== null) socket.send(greeting);
  }
  await sleep(300);
  return delivered;
}

export const bench: Bench = {
  name: 'fanout',
  about: `Forecasts of ${SYMBOLS} symbols, ${ROUNDS_PER_SECOND} a second each, to ${READERS} readers of everything.`,
  leavesOut: 'TLS, compression (there is none) and the readers\' own work.',
  async run({ quick, say }) {
    const row = { name: 'gateway, processor time a delivered message', unit: 'µs', beside: 'bare hop', target: null };
    if (usage(process.pid) === null) return [missing(row, 'this system doesn\'t say what a process has used')];
    const server = await startNatsServer();
    const connection: Connection = await connectQuietly(server.url);
    await ensureStreams(connection, streamsFor(['fan', 'bare']));
    const config = configOf({ natsUrl: server.url, name: 'fan', instruments: INSTRUMENTS, source: { kind: 'simulator', seed: 1, symbols: SYMBOLS, minutes: null, predictable: true } });
    const token = 'a-token-of-the-fan-out-bench';
    writeFileSync(config.gateway.tokenFile, token);
    const gateway = startService('gateway', MAINS.gateway, config);
    await gateway.running();
    await until('the gateway listens', () => gateway.health()?.detail.startsWith('http') ?? false);
    const latestBytes = encodeLatest(predictionAt(1e15)).length;
    const relay = await startRelay(connection, { url: server.url, publisher: 'product', feed: 'bare', stepUs: 1, symbols: SYMBOLS, sizes: { frame: 20, prediction: 20, latest: latestBytes, text: latestBytes + 60 } });
    try {
      const ours = await openReaders(`${gateway.health()!.detail.replace('http', 'ws')}/api/v1/stream`, { authorization: `Bearer ${token}` }, JSON.stringify({ type: 'subscribe', instruments: ['*'] }));
      const bare = await openReaders(`ws://127.0.0.1:${relay.port}`, {}, null);
      let ts = 1e15;
      const measure = (delivered: Delivered, pid: number, publish: (ts: number) => void) => async (): Promise<number> => {
        const [before, cpu] = [delivered.count, usage(pid)!.cpuSeconds];
        const rounds = (quick ? 0.5 : 5) * ROUNDS_PER_SECOND;
        for (let round = 0; round < rounds; round++) {
          publish((ts += 1));
          await sleep(1_000 / ROUNDS_PER_SECOND);
        }
        for (let seen = -1; seen !== delivered.count; await sleep(SETTLE_MS)) seen = delivered.count;
        if (delivered.count === before) throw new Error('nothing was delivered');
        const cost = ((usage(pid)!.cpuSeconds - cpu) * 1e6) / (delivered.count - before);
        say(`${delivered === ours ? 'gateway' : 'bare'}: ${delivered.count - before} messages, ${cost.toFixed(2)} µs each`);
        return cost;
      };
      const tell = (frameTs: number): void => {
        const body = encodeLatest(predictionAt(frameTs));
        for (const instrument of INSTRUMENTS) connection.nc.publish(latestSubject('prediction', instrument), body);
      };
      const pairs = await inTurn(quick ? 1 : 4, measure(ours, gateway.pid, tell), measure(bare, relay.lastPid, (frameTs) => connection.nc.publish('bare.PREDICTIONS', String(frameTs).padStart(20, '0'))));
      for (const socket of [...ours.sockets, ...bare.sockets]) socket.terminate();
      return [compared(pairs, { ...row, note: '' })];
    } finally {
      await Promise.all([gateway.end(), relay.end()]);
      await connection.close();
      await server.stop();
    }
  },
};
