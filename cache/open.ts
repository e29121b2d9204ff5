/** The cache that a URL names: `redis://…`, `rediss://…` (TLS), or `memory:`, which the gateway alone holds (gateway/online.ts). */
import { RefusedError } from '../runtime/errors.ts';
import type { Cache } from './cache.ts';

export const MEMORY_URL = 'memory:';

/** Throws RefusedError for a URL that names no cache. */
export function checkCacheUrl(url: string): string {
  if (url === MEMORY_URL || (/^rediss?:\/\/[^/]/i.test(url) && URL.canParse(url))) return url;
  throw new RefusedError('that names no cache', 'Write redis://HOST:PORT, rediss://USER:PASSWORD@HOST:PORT, or memory: for the gateway\'s own');
}

/**
 * The cache that other processes read, too; null when there is none. Waits for nothing but its client's code, which nobody loads without
 * a Redis: connecting goes on behind it.
 */
export async function openSharedCache(url: string, random: () => number): Promise<Cache | null> {
  if (checkCacheUrl(url) === MEMORY_URL) return null;
  const { openRedisCache } = await import('./redis.ts');
  return openRedisCache(url, random);
}
