/**
 * Half-open connections: the network swallows everything, and nobody is told. Each link must notice by itself, and work
 * again when the network does. With the limits of production; the seconds are printed. That the limits keep the documented
 * bound is tests/docsFacts.test.ts's: here a busy machine may add what it likes.
 */
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { openRedisCache } from '../../cache/redis.ts';
import { createApp } from '../../gateway/app.ts';
import { createAuth } from '../../gateway/auth.ts';
import { openFakeWorld, TOKEN } from '../../gateway/fakeData.ts';
import { attachStream } from '../../gateway/websocket.ts';
import { wallClock } from '../../runtime/clock.ts';
import { createLog } from '../../runtime/log.ts';
import { connect } from '../../streams/edge/connect.ts';
import type { ServerMessage } from '../../sdk/api.ts';
import { openStream, type StreamState } from '../../sdk/stream.ts';
import type { Status } from '../../streams/messages/control.ts';
import { startFakeVenue } from '../../streams/sources/binance/fakeVenue.ts';
import { openBinance } from '../../streams/sources/binance/live.ts';
import { silentLog } from '../support/context.ts';
import { natsServerPath, startNatsServer } from '../support/natsServer.ts';
import { sleep, until } from '../support/pipeline.ts';
import { redisServerPath, startRedisServer } from '../support/redis.ts';
import { type Link, startToxiproxy, type Toxiproxy, toxiproxyPath } from '../support/toxiproxy.ts';

const LIMIT_MS = 60_000;
const portOf = (url: string): number => Number(new URL(url).port);

/** Swallows everything until `noticed`, which fails after a minute; then the network is whole again. */
async function swallow(what: string, link: Link, noticed: () => boolean | Promise<boolean>): Promise<void> {
  await link.poison({ type: 'timeout', attributes: { timeout: 0 } });
  const from = performance.now();
  await until(`${what} to notice`, noticed, LIMIT_MS);
  console.log(`half-open, ${what}: noticed after ${((performance.now() - from) / 1_000).toFixed(1)} s`);
  await link.cure();
}

async function startGateway() {
  const world = await openFakeWorld();
  const { server, guard } = await createApp({ data: world.data, auth: createAuth(TOKEN), clock: wallClock, log: createLog('test', 'silent'), version: '1', host: '127.0.0.1', dashboardDir: '/nonexistent' });
  const stream = attachStream(server.server, { hub: world.hub, guard });
  await server.listen({ host: '127.0.0.1', port: 0 });
  const close = async (): Promise<void> => {
    stream.close();
    await server.close();
    await world.close();
  };
  return { world, port: (server.server.address() as AddressInfo).port, close };
}

describe.skipIf(toxiproxyPath() === null).concurrent('half-open', { timeout: 120_000 }, () => {
  let proxy: Toxiproxy;
  beforeAll(async () => void (proxy = await startToxiproxy(1)));
  afterAll(() => proxy.stop());

  it.skipIf(natsServerPath() === null)('NATS: a service', async () => {
    const server = await startNatsServer();
    const link = await proxy.link('nats', portOf(server.url));
    const connection = await connect({ url: `nats://127.0.0.1:${link.port}`, credentialsFile: null }, 'test', silentLog);
    try {
      await swallow('a service of NATS', link, () => connection.isAway());
      await until('NATS to be back', () => !connection.isAway());
      await connection.nc.flush();
    } finally {
      await connection.close();
      await server.stop();
    }
  });

  it.skipIf(natsServerPath() === null)('NATS: a link too slow for the server\'s patience at the first dial is no refusal', async () => {
    const server = await startNatsServer(['-user', 'u', '-pass', 'p']);
    const link = await proxy.link('slow', portOf(server.url));
    await link.poison({ type: 'latency', attributes: { latency: 2_500, jitter: 0 } }, ['upstream']);
    const dir = mkdtempSync(join(tmpdir(), 'foretick-slow-'));
    const credentialsFile = join(dir, 'user.json');
    writeFileSync(credentialsFile, '{"user":"u","pass":"p"}');
    try {
      const connecting = connect({ url: `nats://127.0.0.1:${link.port}`, credentialsFile }, 'test', silentLog);
      expect(await Promise.race([connecting.catch((error: unknown) => error), sleep(4_000).then(() => 'still trying')])).toBe('still trying');
      await link.cure();
      await (await connecting).close();
    } finally {
      await server.stop();
      rmSync(dir, { recursive: true });
    }
  });

  it.skipIf(redisServerPath() === null)('Redis: the cache', async () => {
    const server = await startRedisServer();
    const link = await proxy.link('redis', portOf(server.url));
    const cache = openRedisCache(`redis://127.0.0.1:${link.port}`, () => 0.5);
    const isUp = (): Promise<boolean> => cache.set([{ key: 'foretick:u:a', value: '1' }], 60_000).then(() => true, () => false);
    try {
      await until('Redis', isUp);
      await swallow('the cache in Redis', link, async () => !(await isUp()));
      await until('Redis to be back', isUp);
    } finally {
      await cache.close();
      await server.stop();
    }
  });

  it('the venue: the live source, with a gap for what it missed', async () => {
    const venue = await startFakeVenue(Array<string>(10).fill('{}'), [{ do: 'send', count: 10 }, { do: 'fallQuiet' }, { do: 'fallQuiet' }]);
    const link = await proxy.link('venue', portOf(venue.url));
    const stop = new AbortController();
    const statuses: Status['status'][] = [];
    const source = openBinance([{ market: 'usdm', streamUrl: `ws://127.0.0.1:${link.port}/stream`, symbols: ['BTCUSDT'] }], wallClock);
    const reading = (async () => {
      for await (const chunk of source.messages(stop.signal)) for (const message of chunk) if (message.type === 'status') statuses.push(message.status);
    })();
    try {
      await until('the first connection', () => statuses.some(({ kind }) => kind === 'gap'));
      const before = statuses.length;
      await swallow('the live source', link, () => statuses.length > before);
      await until('the second connection', () => statuses.filter(({ kind }) => kind === 'gap').length === 2);
      expect(statuses.slice(before).map(({ kind }) => kind)).toEqual(['disconnected', 'connected', 'gap']);
      expect(statuses.at(-1)).toMatchObject({ reason: expect.stringContaining('no sign of life') as string });
    } finally {
      stop.abort();
      await reading;
      await venue.close();
    }
  });

  it('a program that reads the gateway', async () => {
    const { world, port, close } = await startGateway();
    const link = await proxy.link('program', port);
    class Through extends WebSocket {
      constructor(url: URL, { headers }: { headers: Record<string, string> }) {
        super(url, { headers: { ...headers, host: `127.0.0.1:${port}` } });
      }
    }
    const states: StreamState[] = [];
    const snapshots: ServerMessage[] = [];
    const stream = openStream({
      baseUrl: `http://127.0.0.1:${link.port}`, token: TOKEN, instruments: ['*'], WebSocket: Through as unknown as typeof globalThis.WebSocket,
      onMessage: (message) => void (message.type === 'snapshot' && snapshots.push(message)), onState: (state) => states.push(state),
    });
    try {
      await until('the first snapshot', () => snapshots.length === 1);
      await swallow('a program at the gateway', link, () => states.includes('waiting'));
      await until('the second snapshot', () => snapshots.length === 2, LIMIT_MS);
      expect(world.hub.size).toBeGreaterThan(0);
    } finally {
      stream.close();
      await close();
    }
  });

  it('the gateway: a reader', async () => {
    const { world, port, close } = await startGateway();
    const link = await proxy.link('gateway', port);
    const [far, near] = [link.port, port].map((at) => new WebSocket(`ws://127.0.0.1:${at}/api/v1/stream`, { headers: { authorization: `Bearer ${TOKEN}`, host: `127.0.0.1:${port}` } }));
    far!.on('error', () => undefined);
    try {
      await Promise.all([once(far!, 'open'), once(near!, 'open')]);
      await swallow('the gateway', link, () => world.hub.size === 1);
      expect(near!.readyState).toBe(WebSocket.OPEN);
    } finally {
      far!.terminate();
      near!.terminate();
      await close();
    }
  });
});
