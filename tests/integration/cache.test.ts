/**
 * `up --cache redis://…` as a user runs it, read by a program that knows Redis and nothing else: away at the start, filled,
 * emptied, killed in the middle. Forecasts never wait for it.
 */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { createClient } from '../../sdk/client.ts';
import { natsServerPath } from '../support/natsServer.ts';
import { readState, type Run, startUp, until } from '../support/pipeline.ts';
import { redisServerPath, type RedisServer, startRedisServer } from '../support/redis.ts';

const dir = mkdtempSync(join(tmpdir(), 'foretick-cache-'));
const WAIT = { timeout: 30_000, interval: 100 };
const KEYS = ['latest:price:sim.ALFA', 'latest:prediction:sim.ALFA', 'latest:score:sim.ALFA', 'frame:sim.ALFA', 'latest:price:sim.BRAVO', 'online'].map((name) => `foretick:main:${name}`);

describe.skipIf(natsServerPath() === null || redisServerPath() === null)('up --cache', () => {
  let server: RedisServer;
  let redis: Redis;
  let run: Run;
  beforeAll(async () => {
    server = await startRedisServer();
    redis = new Redis(server.url, { retryStrategy: () => 100 });
    redis.on('error', () => undefined);
    await redis.ping();
    await server.kill();
    run = startUp(['--source', 'simulator:1,symbols=2', '--speed', '20', '--train-until', '2026-01-05T00:15:00Z', '--cache', server.url, '--data', dir, '--port', '0']);
  });
  afterAll(async () => {
    run.child.kill('SIGTERM');
    await run.ended;
    redis.disconnect();
    await server.stop();
    rmSync(dir, { recursive: true, force: true });
  }, 30_000);

  const api = () => createClient({ baseUrl: readState(dir)!.address, token: readFileSync(join(dir, 'secrets/gateway-token'), 'utf8').trim() });
  const health = async () => (await api().health()).services.find(({ service }) => service === 'latest');
  const lastForecast = async (): Promise<number> => (await health())?.cursors['PREDICTIONS'] ?? 0;
  const goesOn = async (): Promise<void> => {
    const before = await lastForecast();
    await vi.waitFor(async () => expect(await lastForecast()).toBeGreaterThan(before), WAIT);
  };
  const filled = async (): Promise<Record<string, unknown>[]> => {
    const values = await redis.mget(KEYS);
    expect(values.every((value) => value !== null), JSON.stringify(values.map((value) => value?.slice(0, 40)))).toBe(true);
    return values.map((value) => JSON.parse(value!) as Record<string, unknown>);
  };

  it('forecasts without it, fills it when it comes, again when it was emptied, and goes on when it dies', async () => {
    await until('the first forecast', () => /first forecast/.test(run.stdout()) || run.child.exitCode !== null, 90_000);
    await vi.waitFor(async () => expect((await health())?.detail).toMatch(/can't be used: .*nothing else waits for it/), WAIT);
    await goesOn();

    await server.start();
    const [price, prediction, score, row] = await vi.waitFor(filled, WAIT);
    expect(price).toMatchObject({ v: 1, mid: expect.any(Number) as number });
    expect(prediction).toMatchObject({ v: 1, model: expect.any(String) as string, horizons: [{ horizonMs: 1_000, pUp: expect.any(Number) as number }, { horizonMs: 5_000 }, { horizonMs: 15_000 }] });
    expect(score).toMatchObject({ v: 1, scores: expect.arrayContaining([expect.objectContaining({ symbol: 'sim.ALFA', horizonMs: 5_000 })]) as unknown[] });
    expect(Object.keys(row!['features'] as object).length).toBeGreaterThan(50);
    for (const key of await redis.keys('*')) {
      const leftMs = await redis.pttl(key);
      expect(key).toMatch(/^foretick:main:/);
      expect(leftMs, key).toBeGreaterThan(0);
      expect(leftMs, key).toBeLessThanOrEqual(120_000);
    }
    await vi.waitFor(async () => expect((await health())?.detail).toBe(''), WAIT);

    // The gateway's own answer is from there, too.
    const parsed = async (key: string) => JSON.parse((await redis.get(`foretick:main:${key}:sim.ALFA`))!) as unknown;
    await vi.waitFor(async () => {
      const before = await parsed('latest:prediction');
      const { from, detail, instruments: [alfa] } = await api().online({ instruments: ['sim.ALFA'] });
      expect([from, detail, alfa!.prediction]).toEqual(['redis', '', before]);
      const { flags: _flags, v: _v, ...row } = await parsed('frame') as Record<string, unknown>;
      expect(alfa!.frame).toMatchObject(row);
    }, WAIT);

    await redis.flushall();
    await vi.waitFor(filled, WAIT);

    await server.kill();
    await vi.waitFor(async () => expect((await health())?.detail).toMatch(/can't be used/), WAIT);
    expect(await api().online({ instruments: ['sim.ALFA'] })).toMatchObject({
      from: 'streams', writtenAt: null, detail: expect.stringMatching(/^the cache redis:.* can't be used: .*; this is what the gateway reads itself$/) as string,
      instruments: [{ price: { mid: expect.any(Number) as number }, prediction: { horizons: [{}, {}, {}] }, score: { v: 1 }, frame: { features: expect.any(Object) as object } }],
    });
    await goesOn();
    await server.start();
    const [later] = await vi.waitFor(filled, WAIT);
    expect(later!['ts'] as number).toBeGreaterThan(price!['ts'] as number);
    await vi.waitFor(async () => expect(await api().online()).toMatchObject({ from: 'redis', detail: '', instruments: [{ price: { v: 1 } }, { price: { v: 1 } }] }), WAIT);
    expect(readState(dir)!.children.every(({ pid }) => pid !== null)).toBe(true);
  }, 180_000);
});
