/** A cache kept at the newest: its rules against a cache that fails at will, and what 500 instruments take of a Redis. */
import { Redis } from 'ioredis';
import { describe, expect, it, vi } from 'vitest';
import { featureSchema } from '../quant/frames/schema.ts';
import type { WallClock } from '../runtime/clock.ts';
import { RetryError } from '../runtime/errors.ts';
import { encodeFrame, encodeRows } from '../streams/messages/frame.ts';
import { redisServerPath, startRedisServer } from '../tests/support/redis.ts';
import { type Cache, frameKey, latestKey, MAX_ENTRIES, onlineKey } from './cache.ts';
import { frameRows } from './frameRows.ts';
import { createMemoryCache } from './memory.ts';
import { createOnline, EXPIRE_MS, type OnlineEvents } from './online.ts';
import { openRedisCache } from './redis.ts';

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
  const run = async (steps: (world: { offer(kind: string, instrument: string, text: string): void; frame(data: Uint8Array): void; forget(): void; away(is: boolean): void; pass(ms: number): void }) => (() => void)[], mayWrite = (): boolean => true) => {
    const abort = new AbortController();
    let isAway = false;
    let memory = createMemoryCache(MAX_ENTRIES, () => clock.nowUs() / 1_000);
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
      forget: () => void (memory = createMemoryCache(MAX_ENTRIES, () => clock.nowUs() / 1_000)),
      away: (is: boolean) => void (isAway = is),
      pass: (ms: number) => clock.pass(ms),
    };
    const clock = scripted(steps(world), abort);
    const online = createOnline(cache, universe, clock, events, mayWrite);
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

  it('stops where the one it keeps for has stopped, and begins whole', async () => {
    let alive = false;
    const { writes } = await run(({ offer }) => [() => { offer('price', A, '1'); alive = true; }, () => { alive = false; offer('price', A, '2'); }, () => undefined, () => { alive = true; }], () => alive);
    expect(writes).toEqual([[`${latestKey('u', 'price', A)}=1`], [`${latestKey('u', 'price', A)}=2`]]);
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
        ...frameRows(whole, names).map(({ instrument, row }) => ({ key: frameKey('u', instrument), value: JSON.stringify(row) })),
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
