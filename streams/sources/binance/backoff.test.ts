import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createBackoff } from './backoff.ts';

test('doubles to its limit, the upper half of each step random, and starts over when reset', () => {
  const waits = (random: number, count: number, backoff = createBackoff({ firstMs: 100, maxMs: 500 }, () => random)): number[] => Array.from({ length: count }, () => backoff.nextMs());
  expect(waits(0, 5)).toEqual([50, 100, 200, 250, 250]);
  expect(waits(0.5, 4)).toEqual([75, 150, 300, 375]);
  const backoff = createBackoff({ firstMs: 100, maxMs: 500 }, () => 0);
  waits(0, 3, backoff);
  backoff.reset();
  expect(backoff.nextMs()).toBe(50);
});

test('never below half of the first step, never above the limit', () => {
  fc.assert(fc.property(fc.array(fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), { minLength: 1, maxLength: 2_000 }), (randoms) => {
    let at = 0;
    const backoff = createBackoff({ firstMs: 250, maxMs: 30_000 }, () => randoms[at++]!);
    for (const _ of randoms) {
      const waitMs = backoff.nextMs();
      expect(waitMs).toBeGreaterThanOrEqual(125);
      expect(waitMs).toBeLessThanOrEqual(30_000);
    }
  }), { seed: 20_261_124, numRuns: 50 });
});
