/** The shared cache kept at the newest: its rules against a cache that fails at will, then the service against real servers. */
import { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { type Cache, frameKey, latestKey, MAX_ENTRIES, onlineKey } from '../../cache/cache.ts';
import { createFakeCache } from '../../cache/fakeCache.ts';
import { featureSchema } from '../../quant/frames/schema.ts';
import { type WallClock, wallClock } from '../../runtime/clock.ts';
import type { Config } from '../../runtime/config.ts';
import { RetryError } from '../../runtime/errors.ts';
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
import { openRedisCache } from '../../cache/redis.ts';
import { frameRows } from './frameRows.ts';
import { createOnline, EXPIRE_MS, type OnlineEvents } from './online.ts';
import { runLatest } from './service.ts';

const A = 'sim.A';
const B = 'sim.B';
const universe = { name: 'u', instruments: [A, B], stepMs: 1_000, horizonsMs: [1_000], leaders: [] };
const names = featureSchema(universe.stepMs).features.map(({ name }) => name);
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const frame = (ts: number, first: number): Uint8Array => {
  const rows = new Float32Array(2 * names.length).fill(Number.NaN);
  rows[0] = first;
  return encodeFrame({ v: 1, universe: 'u', ts, schema: 's', symbols: [A, B], rows: encodeRows(rows), mid: [10, null], flags: [0, 8] });
};
const WAIT = { timeout: 20_000, interval: 50 };

/** A clock whose sleep does what the test says next, and ends the run when nothing is left to do. */
function scripted(steps: readonly (() => void)[], abort: AbortController): WallClock & { pass(ms: number): void } {
  let nowUs = 1e12;
  let step = 0;
  return {
    nowUs: () => nowUs,
    pass: (ms) => void (nowUs += ms * 1_000),
    async sleep() {
      const next = steps[step++];
      if (next === undefined) abort.abort();
      else next();
    },
  };
}

describe('the shared cache is kept at the newest', () => {
  const run = async (steps: (world: { offer(kind: string, instrument: string, text: string): void; frame(data: Uint8Array): void; forget(): void; away(is: boolean): void; pass(ms: number): void }) => (() => void)[]) => {
    const abort = new AbortController();
    let isAway = false;
    let memory = createFakeCache(MAX_ENTRIES, () => clock.nowUs() / 1_000);
    const writes: string[][] = [];
    const told: string[] = [];
    const cache: Cache = {
      get: async (keys) => (isAway ? Promise.reject(new RetryError('away')) : memory.get(keys)),
      set: async (entries, ttlMs) => {
        if (isAway) throw new RetryError('away');
        if (entries.every(({ key }) => key !== onlineKey('u'))) writes.push(entries.map(({ key, value }) => `${key}=${value}`));
        await memory.set(entries, ttlMs);
      },
      close: async () => undefined,
    };
    const events: OnlineEvents = {
      written: () => undefined, up: () => void (told.at(-1) !== 'up' && told.push('up')), away: () => void (told.at(-1) !== 'away' && told.push('away')),
      rebuilt: () => void told.push('rebuilt'), unreadable: (subject) => void told.push(`unreadable ${subject}`),
    };
    const world = {
      offer: (kind: string, instrument: string, text: string) => online.offer({ subject: `latest.${kind}.${instrument}`, body: bytes(text) }),
      frame: (data: Uint8Array) => online.offerFrame({ subject: 'features.u', data }),
      forget: () => void (memory = createFakeCache(MAX_ENTRIES, () => clock.nowUs() / 1_000)),
      away: (is: boolean) => void (isAway = is),
      pass: (ms: number) => clock.pass(ms),
    };
    const clock = scripted(steps(world), abort);
    const online = createOnline(cache, universe, clock, events);
    await online.run(abort.signal);
    return { get: (key: string) => memory.get([key]).then(([value]) => value), writes: writes.filter((entries) => entries.length > 0), told };
  };

  it('writes what changed, once, and nothing of other universes', async () => {
    const { get, writes, told } = await run(({ offer }) => [
      () => offer('price', A, '1'), () => undefined, () => { offer('price', A, '2'); offer('price', A, '3'); offer('score', 'other.C', 'x'); },
    ]);
    expect(writes).toEqual([[`${latestKey('u', 'price', A)}=1`], [`${latestKey('u', 'price', A)}=3`]]);
    expect(await get(latestKey('u', 'score', 'other.C'))).toBeNull();
    expect(told).toEqual(['up']);
  });

  it('gives the newest frame as features by name, null where not known', async () => {
    const { get, told } = await run(({ frame: offerFrame }) => [() => { offerFrame(frame(1, 1)); offerFrame(frame(2, 0.5)); }, () => offerFrame(bytes('not json'))]);
    expect(JSON.parse((await get(frameKey('u', A)))!)).toEqual({ v: 1, ts: 2, schema: 's', mid: 10, flags: 0, features: { ...Object.fromEntries(names.map((name) => [name, null])), [names[0]!]: 0.5 } });
    expect(JSON.parse((await get(frameKey('u', B)))!)).toMatchObject({ mid: null, flags: 8, features: { [names[0]!]: null } });
    expect(told).toContain('unreadable features.u');
  });

  it('writes everything again after the cache was away or lost it, the newest only', async () => {
    const all = [`${latestKey('u', 'price', A)}=4`, `${latestKey('u', 'prediction', B)}=p`];
    const { writes, told } = await run(({ offer, forget, away }) => [
      () => { offer('price', A, '1'); offer('prediction', B, 'p'); },
      () => { away(true); offer('price', A, '2'); }, () => offer('price', A, '3'), () => { away(false); offer('price', A, '4'); },
      forget, () => undefined,
    ]);
    expect(writes.slice(1)).toEqual([all, all]);
    expect(told).toEqual(['up', 'away', 'up', 'rebuilt', 'up'].filter((word, i, list) => word !== list[i - 1]));
  });

  it('refreshes what doesn\'t change before it expires; then it goes by itself', async () => {
    const { get } = await run(({ offer, pass }) => [() => offer('price', A, '1'), ...Array.from({ length: 10 }, () => () => pass(EXPIRE_MS / 3)), () => undefined]);
    expect(await get(latestKey('u', 'price', A))).toBe('1');
    const gone = await run(({ offer, pass, away }) => [() => offer('price', A, '1'), () => undefined, () => { away(true); pass(EXPIRE_MS); }]);
    expect(await gone.get(latestKey('u', 'price', A))).toBeNull();
  });
});

describe.skipIf(redisServerPath() === null)('500 instruments in a Redis', () => {
  /** docs/OPERATIONS.md tells people what to give it. */
  it('take 2 to 3 MB, with every value as wide as it comes', async () => {
    const symbols = Array.from({ length: 500 }, (_, i) => `binance-usdm.SYMBOL${i}USDT`);
    const rows = Float32Array.from({ length: symbols.length * names.length }, (_, i) => 10 * Math.sin(i));
    const whole = { v: 1 as const, universe: 'u', ts: 1_767_571_200_000_000, schema: 'abcdef123456', symbols, rows: encodeRows(rows), mid: symbols.map(() => 12_345.675), flags: symbols.map(() => 0) };
    const horizons = [1_000, 5_000, 15_000].map((horizonMs) => ({ horizonMs, retBps: 0.123456789, loBps: -2.3456789, hiBps: 2.56789123, pUp: 0.512345678 }));
    const scores = (symbol: string) => horizons.map(({ horizonMs }) => ({
      model: 'microprice-49029ce3cf19', role: 'champion', horizonMs, symbol, n: 12_345, late: 0, blocks: 256, tooLittleData: false, skill: 0.123456, skillLo: 0.123456, skillHi: 0.234567,
      hitRate: 0.543211, baseRate: 0.501234, zeroShare: 0.012345, ic: 0.123456, coverage: 0.901234, intervalScoreBps: 5.432101, rmseBps: 1.234567, naiveRmseBps: 1.345678,
    }));
    const price = { v: 1, bid: 12_345.67, ask: 12_345.68, mid: 12_345.675, last: 12_345.67, ts: whole.ts };
    const forecast = { v: 1, frameTs: whole.ts, madeAt: whole.ts, late: false, model: 'microprice-49029ce3cf19', refPrice: 12_345.675, flags: 0, horizons };
    const server = await startRedisServer();
    const redis = new Redis(server.url);
    const cache = openRedisCache(server.url, () => 0.5);
    const usedMb = async (): Promise<number> => Number(/used_memory:(\d+)/.exec(await redis.info('memory'))![1]) / 1e6;
    try {
      await vi.waitFor(() => cache.get(['any']), WAIT);
      const before = await usedMb();
      await cache.set([
        ...symbols.map((symbol) => ({ key: latestKey('u', 'price', symbol), value: JSON.stringify(price) })),
        ...symbols.map((symbol) => ({ key: latestKey('u', 'prediction', symbol), value: JSON.stringify(forecast) })),
        ...symbols.map((symbol) => ({ key: latestKey('u', 'score', symbol), value: JSON.stringify({ v: 1, frameTs: whole.ts, scores: scores(symbol) }) })),
        ...frameRows(whole, names),
      ], EXPIRE_MS);
      const mb = (await usedMb()) - before;
      expect(mb).toBeGreaterThan(2);
      expect(mb).toBeLessThan(3);
    } finally {
      redis.disconnect();
      await cache.close();
      await server.stop();
    }
  });
});

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
