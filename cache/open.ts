/** The cache that a URL names: `redis://…`, `rediss://…` (TLS), or `memory:`, which the gateway alone holds (gateway/online.ts). */
import { RefusedError } from '../runtime/errors.ts';
import type { Cache } from './cache.ts';
import { openRedisCache } from './redis.ts';

export const MEMORY_URL = 'memory:';

/** Throws RefusedError for a URL that names no cache. */
export function checkCacheUrl(url: string): string {
  if (url === MEMORY_URL || (/^rediss?:\/\/[^/]/i.test(url) && URL.canParse(url))) return url;
  throw new RefusedError('that names no cache', 'Write redis://HOST:PORT, rediss://USER:PASSWORD@HOST:PORT, or memory: for the gateway\'s own');
}

/** The cache that other processes read, too; null when there is none. Resolves nothing, waits for nothing: connecting goes on behind it. */
export const openSharedCache = (url: string, random: () => number): Cache | null => (checkCacheUrl(url) === MEMORY_URL ? null : openRedisCache(url, random));
