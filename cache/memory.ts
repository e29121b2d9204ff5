/** The cache in this process: a map with expiry, the default. Nobody else sees it, and it ends with the process. The oldest written goes when it is full. */
import type { Cache } from './cache.ts';

export function createMemoryCache(maxEntries: number, nowMs: () => number): Cache {
  /** In order of writing. */
  const held = new Map<string, { readonly value: string; readonly untilMs: number }>();
  return {
    async set(entries, ttlMs) {
      const untilMs = nowMs() + ttlMs;
      for (const { key, value } of entries) {
        held.delete(key);
        held.set(key, { value, untilMs });
        if (held.size > maxEntries) held.delete(held.keys().next().value!);
      }
    },
    async get(keys) {
      const now = nowMs();
      return keys.map((key) => {
        const entry = held.get(key);
        if (entry === undefined || entry.untilMs > now) return entry?.value ?? null;
        held.delete(key);
        return null;
      });
    },
    async close() {
      held.clear();
    },
  };
}
