import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { backoffMs } from './backoff.ts';

const limits = { firstMs: 100, mostMs: 5_000 };

describe('backoff', () => {
  it('doubles up to its limit', () => {
    const waits = [0, 1, 2, 3, 4, 5, 6, 7].map((attempt) => backoffMs(attempt, { ...limits, random: () => 1 - 2 ** -53 }));
    expect(waits).toEqual([100, 200, 400, 800, 1_600, 3_200, 5_000, 5_000]);
  });
  it('stays within half a step and a step, for any attempt and any draw', () => {
    fc.assert(fc.property(fc.nat(10_000), fc.double({ min: 0, max: 0.999999, noNaN: true }), (attempt, draw) => {
      const wait = backoffMs(attempt, { ...limits, random: () => draw });
      const step = Math.min(5_000, 100 * 2 ** Math.min(attempt, 20));
      expect(wait).toBeGreaterThanOrEqual(Math.floor(step / 2));
      expect(wait).toBeLessThanOrEqual(step);
    }), { seed: 1, numRuns: 500 });
  });
});
