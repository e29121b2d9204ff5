/** The latest service with a real nats-server and a real Redis that is emptied, killed, hung and full. */
import { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { featureSchema } from '../../quant/frames/schema.ts';
import { wallClock } from '../../runtime/clock.ts';
import type { Config } from '../../runtime/config.ts';
import { type Connection, connect } from '../../streams/edge/connect.ts';
import { lastOfSubject } from '../../streams/edge/stored.ts';
import { ensureStreams } from '../../streams/edge/streams.ts';
import { encodeFeedMessage } from '../../streams/messages/feed.ts';
import { encodeFrame, encodeRows } from '../../streams/messages/frame.ts';
import { parseLatestPrice } from '../../streams/messages/latest.ts';
import { LATEST, streamsFor } from '../../streams/streams.ts';
import { silentLog, testContext } from '../../tests/support/context.ts';
import { natsServerPath, type NatsServer, startNatsServer } from '../../tests/support/natsServer.ts';
import { redisServerPath, type RedisServer, startRedisServer } from '../../tests/support/redis.ts';
import { runLatest } from './service.ts';

const A = 'sim.A';
const B = 'sim.B';
const universe = { name: 'u', instruments: [A, B], stepMs: 1_000, horizonsMs: [1_000], leaders: [] };
const names = featureSchema(universe.stepMs).features.map(({ name }) => name);
const frame = (ts: number, first: number): Uint8Array => {
  const rows = new Float32Array(2 * names.length).fill(Number.NaN);
  rows[0] = first;
  return encodeFrame({ v: 1, universe: 'u', ts, schema: 's', symbols: [A, B], rows: encodeRows(rows), mid: [10, null], flags: [0, 8] });
};
const WAIT = { timeout: 20_000, interval: 50 };

describe.skipIf(natsServerPath() === null || redisServerPath() === null)('latest with a Redis', { timeout: 60_000 }, () => {
  let nats: NatsServer;
  let server: RedisServer;
  let connection: Connection;
  let redis: Redis;
  beforeAll(async () => {
    [nats, server] = await Promise.all([startNatsServer(), startRedisServer()]);
    connection = await connect({ url: nats.url, credentialsFile: null }, 'test', silentLog);
    await ensureStreams(connection, streamsFor(['sim']));
    redis = new Redis(server.url, { retryStrategy: () => 50 });
    redis.on('error', () => undefined);
  });
  afterAll(async () => {
    redis.disconnect();
    await connection.close();
    await Promise.all([nats.stop(), server.stop()]);
  });

  const tell = async (bid: number): Promise<void> => {
    const { subject, body } = encodeFeedMessage('sim', { v: 1, type: 'quote', instrument: A, bid, bidSize: 1, ask: bid + 2, askSize: 1, tsEvent: bid, tsInit: bid });
    await connection.js.publish(subject, body);
  };
  const cached = async () => JSON.parse((await redis.get('foretick:u:latest:price:sim.A')) ?? 'null') as { bid: number } | null;
  const features = async () => JSON.parse((await redis.get('foretick:u:frame:sim.A')) ?? 'null') as { ts: number } | null;
  const start = () => {
    const abort = new AbortController();
    const context = testContext('latest', abort.signal);
    const running = runLatest(connection, { feed: { name: 'sim' }, universes: [universe], cache: { url: server.url } } as unknown as Config, context, wallClock);
    const up = async () => (await context.metrics.getSingleMetric('foretick_cache_up')!.get()).values[0]!.value;
    return { context, up, stop: async () => { abort.abort(); await running; } };
  };

  it('fills it, fills it again when it is emptied, and goes on without it', async () => {
    const service = start();
    await tell(100);
    await connection.js.publish('features.u', frame(7, 1));
    await vi.waitFor(async () => expect([await cached(), await features()]).toMatchObject([{ bid: 100 }, { ts: 7 }]), WAIT);
    expect(await redis.pttl('foretick:u:latest:price:sim.A')).toBeGreaterThan(0);
    await redis.flushall();
    await vi.waitFor(async () => expect([await cached(), await features()]).toMatchObject([{ bid: 100 }, { ts: 7 }]), WAIT);

    await server.kill();
    await vi.waitFor(async () => expect(await service.up()).toBe(0), WAIT);
    expect(service.context.health().detail).toMatch(/^the cache redis:.* can't be used: .*nothing else waits for it/);
    await tell(200);
    await vi.waitFor(async () => expect(parseLatestPrice((await lastOfSubject(connection, LATEST, 'latest.price.sim.A'))!.data).bid).toBe(200), WAIT);
    await server.start();
    await vi.waitFor(async () => expect([await cached(), await features()]).toMatchObject([{ bid: 200 }, { ts: 7 }]), WAIT);
    await vi.waitFor(async () => expect([await service.up(), service.context.health().detail]).toEqual([1, '']), WAIT);
    await service.stop();
  });

  it('a Redis that hangs, or is full, holds nothing up; what it then gets is the newest alone', async () => {
    const service = start();
    const told = async () => parseLatestPrice((await lastOfSubject(connection, LATEST, 'latest.price.sim.A'))!.data).bid;
    await vi.waitFor(async () => expect(await service.up()).toBe(1), WAIT);
    server.pause();
    for (let bid = 301; bid <= 330; bid++) await tell(bid);
    await vi.waitFor(async () => expect(await told()).toBe(330), WAIT);
    await vi.waitFor(async () => expect(await service.up()).toBe(0), WAIT);
    server.resume();
    await vi.waitFor(async () => expect([await service.up(), await cached()]).toMatchObject([1, { bid: 330 }]), WAIT);

    await redis.config('SET', 'maxmemory', '1');
    await redis.config('SET', 'maxmemory-policy', 'noeviction');
    await tell(340);
    await vi.waitFor(async () => expect(service.context.health().detail).toMatch(/OOM.*raise its maxmemory/s), WAIT);
    await tell(350);
    await vi.waitFor(async () => expect(await told()).toBe(350), WAIT);
    await redis.config('SET', 'maxmemory', '0');
    await vi.waitFor(async () => expect([await service.up(), await cached()]).toMatchObject([1, { bid: 350 }]), WAIT);
    await tell(200);
    await vi.waitFor(async () => expect(await cached()).toMatchObject({ bid: 200 }), WAIT);
    await service.stop();
  });

  it('a new start fills it from the streams', async () => {
    await redis.flushall();
    const service = start();
    await vi.waitFor(async () => expect([await cached(), await features()]).toMatchObject([{ bid: 200 }, { ts: 7 }]), WAIT);
    await service.stop();
  });
});
