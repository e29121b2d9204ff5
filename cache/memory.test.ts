import { describe, expect, it } from 'vitest';
import { cacheConformance } from './cache.conformance.ts';
import { MAX_ENTRIES } from './cache.ts';
import { createMemoryCache } from './memory.ts';

describe('cache as a map', () => {
  let nowMs = 0;
  cacheConformance(async () => createMemoryCache(MAX_ENTRIES, () => nowMs), async (ms) => void (nowMs += ms));

  it('is bounded: the oldest written goes', async () => {
    const cache = createMemoryCache(2, () => 0);
    await cache.set(['a', 'b', 'a', 'c'].map((key) => ({ key, value: key })), 1);
    expect(await cache.get(['a', 'b', 'c'])).toEqual(['a', null, 'c']);
  });
});
