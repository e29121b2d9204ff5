/** The Redis cache on a real redis-server: the suite, and every way of being away. */
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { RetryError } from '../runtime/errors.ts';
import { redisServerPath, type RedisServer, startRedisServer } from '../tests/support/redis.ts';
import { cacheConformance } from './cache.conformance.ts';
import type { Cache } from './cache.ts';
import { checkCacheUrl, openSharedCache } from './open.ts';
import { openRedisCache, shownUrl } from './redis.ts';

const WAIT = { timeout: 20_000, interval: 20 };
const half = (): number => 0.5;
const a = [{ key: 'foretick:u:a', value: '1' }];

describe('cache URLs', () => {
  it('names what it can\'t use, and shows no password', async () => {
    for (const url of ['redis:', 'redis://', 'memcached://host', 'host:6379', '']) expect(() => checkCacheUrl(url), url).toThrow(/names no cache/);
    expect(await openSharedCache('memory:', half)).toBeNull();
    expect(shownUrl('rediss://user:secret@host:6380/2')).toBe('rediss://host:6380/2');
  });
});

describe.skipIf(redisServerPath() === null)('cache in Redis', () => {
  let server: RedisServer;
  const opened: Cache[] = [];
  const open = async (url = server.url): Promise<Cache> => {
    const cache = openRedisCache(url, half);
    opened.push(cache);
    await vi.waitFor(() => cache.get(['any']), WAIT);
    return cache;
  };
  beforeAll(async () => void (server = await startRedisServer()));
  afterAll(async () => {
    await Promise.all(opened.map((cache) => cache.close()));
    await server.stop();
  });

  cacheConformance(() => open(), (ms) => new Promise((resolve) => setTimeout(resolve, ms)));

  it('says no at once while Redis is away, and works again when it is back, empty', async () => {
    const cache = await open();
    await cache.set(a, 60_000);
    await server.kill();
    await vi.waitFor(() => expect(cache.set(a, 60_000)).rejects.toThrow(/can't be used: .*ECONNREFUSED/), WAIT);
    await expect(cache.get(['foretick:u:a'])).rejects.toThrow(RetryError);
    await server.start();
    await vi.waitFor(async () => expect(await cache.get(['foretick:u:a'])).toEqual([null]), WAIT);
    await cache.set(a, 60_000);
    expect(await cache.get(['foretick:u:a'])).toEqual(['1']);
  });

  it('gives up on a server that doesn\'t answer', async () => {
    const cache = await open();
    await server.pause();
    try {
      await expect(cache.set(a, 60_000)).rejects.toThrow(/timed out/i);
    } finally {
      server.resume();
    }
    await vi.waitFor(() => cache.set(a, 60_000), WAIT);
  });

  it('says what to do when Redis is full, or wants a password', async () => {
    const small = await startRedisServer(['--maxmemory', '1500000', '--maxmemory-policy', 'noeviction']);
    const locked = await startRedisServer(['--requirepass', 'right']);
    try {
      const cache = await open(small.url);
      const big = Array.from({ length: 40 }, (_, i) => ({ key: `foretick:u:${i}`, value: 'x'.repeat(100_000) }));
      await expect(cache.set(big, 60_000)).rejects.toMatchObject({ hint: expect.stringContaining('maxmemory') as string });
      const stranger = openRedisCache(locked.url, half);
      opened.push(stranger);
      await vi.waitFor(() => expect(stranger.get(['a'])).rejects.toMatchObject({ hint: expect.stringContaining('password') as string }), WAIT);
      const friend = await open(locked.url.replace('redis://', 'redis://:right@'));
      await friend.set(a, 60_000);
    } finally {
      await Promise.all([small.stop(), locked.stop()]);
    }
  });
});
