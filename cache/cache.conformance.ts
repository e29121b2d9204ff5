/** What every cache does. Each adapter's test runs this against the real thing. */
import fc from 'fast-check';
import { expect, it, vi } from 'vitest';
import { type Cache, MAX_ENTRIES } from './cache.ts';

const WAIT = { timeout: 10_000, interval: 20 };
const LONG_MS = 60_000;

/** `open` gives another handle on the same cache where it is shared; `pass` lets time go by. */
export function cacheConformance(open: () => Promise<Cache>, pass: (ms: number) => Promise<void>): void {
  it('gives back what was set, in the order asked, null for what wasn\'t', async () => {
    const cache = await open();
    await cache.set([{ key: 'foretick:u:a', value: '{"v":1}' }, { key: 'foretick:u:b', value: '2' }], LONG_MS);
    expect(await cache.get(['foretick:u:b', 'foretick:u:none', 'foretick:u:a'])).toEqual(['2', null, '{"v":1}']);
    expect(await cache.get([])).toEqual([]);
    await cache.set([], LONG_MS);
    await cache.close();
  });

  it('keeps the newest of a key, also within one call', async () => {
    const cache = await open();
    await cache.set([{ key: 'foretick:u:c', value: 'old' }, { key: 'foretick:u:c', value: 'newer' }], LONG_MS);
    expect(await cache.get(['foretick:u:c'])).toEqual(['newer']);
    await cache.set([{ key: 'foretick:u:c', value: 'newest' }], LONG_MS);
    expect(await cache.get(['foretick:u:c'])).toEqual(['newest']);
    await cache.close();
  });

  it('lets values go when their time is over; a value set again lives on', async () => {
    const cache = await open();
    await cache.set([{ key: 'foretick:u:short', value: '1' }, { key: 'foretick:u:again', value: '1' }], 300);
    await cache.set([{ key: 'foretick:u:again', value: '2' }], LONG_MS);
    await pass(300);
    await vi.waitFor(async () => expect(await cache.get(['foretick:u:short', 'foretick:u:again'])).toEqual([null, '2']), WAIT);
    await cache.close();
  });

  it('holds a whole universe', async () => {
    const cache = await open();
    const entries = Array.from({ length: MAX_ENTRIES }, (_, i) => ({ key: `foretick:whole:${i}`, value: `{"i":${i}}` }));
    await cache.set(entries, LONG_MS);
    expect(await cache.get(entries.map(({ key }) => key))).toEqual(entries.map(({ value }) => value));
    await cache.close();
  });

  it('is a map of the last writes, whatever the texts', async () => {
    const cache = await open();
    const entry = fc.record({ key: fc.string({ minLength: 1, maxLength: 4, unit: 'grapheme' }).map((text) => `foretick:p:${text}`), value: fc.string({ unit: 'grapheme', maxLength: 40 }) });
    await fc.assert(fc.asyncProperty(fc.array(entry, { maxLength: 20 }), async (entries) => {
      await cache.set(entries, LONG_MS);
      const last = new Map(entries.map(({ key, value }) => [key, value]));
      expect(await cache.get([...last.keys()])).toEqual([...last.values()]);
    }), { seed: 11, numRuns: 100 });
    await cache.close();
  });
}
