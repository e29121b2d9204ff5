/**
 * The cache in Redis.
 *
 * 1. Nothing waits here: while Redis is away a call fails at once, and the client holds no command back. The caller keeps
 *    the newest values and comes again.
 * 2. It reconnects for ever, with jittered back-off. A link that has gone silent is given up after SILENT_MS.
 * 3. Whatever Redis says no to (memory full, wrong password, a replica, still loading) is a RetryError in plain words: a
 *    cache is no reason to stop.
 */
import { Redis } from 'ioredis';
import { backoffMs } from '../runtime/backoff.ts';
import { messageOf, RetryError } from '../runtime/errors.ts';
import type { Cache, CacheEntry } from './cache.ts';

const RECONNECT = { firstMs: 100, mostMs: 5_000 };
/** To connect, and to answer a command, ms. */
const ANSWER_MS = 2_000;
export const SILENT_MS = 10_000;
/** Commands in flight at once. */
const PIPELINE = 256;

export function openRedisCache(url: string, random: () => number): Cache {
  const redis = new Redis(url, {
    connectionName: 'foretick', connectTimeout: ANSWER_MS, commandTimeout: ANSWER_MS, socketTimeout: SILENT_MS, enableOfflineQueue: false,
    autoResendUnfulfilledCommands: false, maxRetriesPerRequest: 0, retryStrategy: (attempt) => backoffMs(attempt - 1, { ...RECONNECT, random }),
  });
  let lastError = 'no connection yet';
  redis.on('error', (error: unknown) => void (lastError = reasonOf(error)));
  /** One pipeline; the results in order. */
  const run = async (fill: (pipeline: ReturnType<Redis['pipeline']>) => void): Promise<unknown[]> => {
    if (redis.status !== 'ready') throw away(url, lastError);
    const pipeline = redis.pipeline();
    fill(pipeline);
    const results = await pipeline.exec().catch((error: unknown) => {
      throw away(url, reasonOf(error));
    });
    const failed = results?.find(([error]) => error !== null)?.[0];
    if (failed) throw away(url, reasonOf(failed));
    return (results ?? []).map(([, value]) => value);
  };
  return {
    async set(entries, ttlMs) {
      for (const part of parts<CacheEntry>(entries)) await run((pipeline) => part.forEach(({ key, value }) => void pipeline.set(key, value, 'PX', ttlMs)));
    },
    async get(keys) {
      const found: (string | null)[] = [];
      for (const part of parts<string>(keys)) found.push(...((await run((pipeline) => part.forEach((key) => void pipeline.get(key)))) as (string | null)[]));
      return found;
    },
    async close() {
      redis.disconnect();
    },
  };
}

function* parts<T>(all: readonly T[]): Generator<readonly T[]> {
  for (let i = 0; i < all.length; i += PIPELINE) yield all.slice(i, i + PIPELINE);
}

/** For people: without user and password. */
export function shownUrl(url: string): string {
  const { protocol, host, pathname } = new URL(url);
  return `${protocol}//${host}${pathname === '/' ? '' : pathname}`;
}

/** A refused connection to several addresses carries its reasons inside. */
const reasonOf = (error: unknown): string => messageOf(error instanceof AggregateError ? (error.errors[0] ?? error) : error);

const HINTS: readonly (readonly [RegExp, string])[] = [
  [/^OOM/, 'Redis is full: raise its maxmemory, or set maxmemory-policy to volatile-ttl; foretick\'s keys all expire.'],
  [/NOAUTH|WRONGPASS|NOPERM|invalid password/, 'Check user and password: --cache redis://USER:PASSWORD@HOST:PORT'],
  [/READONLY/, 'That server is a replica: give the address of the primary.'],
];

function away(url: string, reason: string): RetryError {
  const hint = HINTS.find(([pattern]) => pattern.test(reason))?.[1] ?? 'Start Redis, or check its address.';
  return new RetryError(`the cache ${shownUrl(url)} can't be used: ${reason}`, hint);
}
