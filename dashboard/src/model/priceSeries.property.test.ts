import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createPriceSeries, evenly } from './priceSeries.ts';

const STEP = 1_000_000;
const at = (second: number, price = second): { ts: number; price: number } => ({ ts: second * STEP, price });

describe('a price series', () => {
  it('keeps the newest price of each step and drops slightly older ones', () => {
    const series = createPriceSeries(STEP, 10);
    expect([series.push(1.2 * STEP, 5), series.push(1.9 * STEP, 6), series.push(2.1 * STEP, 7), series.push(1.5 * STEP, 8)]).toEqual([true, false, true, false]);
    expect(series.points()).toEqual([at(1, 6), at(2, 7)]);
  });
  it('begins anew when the market does', () => {
    const series = createPriceSeries(STEP, 10);
    series.push(100 * STEP, 1);
    expect(series.push(50 * STEP, 2)).toBe(true);
    expect(series.points()).toEqual([at(50, 2)]);
  });
  it('puts older points before the live ones and never over them', () => {
    const series = createPriceSeries(STEP, 3);
    series.push(5 * STEP, 50);
    series.backfill([at(6, 0), at(5, 0), at(4), at(3), at(2)]);
    expect(series.points()).toEqual([at(3), at(4), at(5, 50)]);
  });
  it('stays ascending and bounded whatever comes', () => {
    const pushes = fc.array(fc.tuple(fc.integer({ min: 0, max: 100 }), fc.integer({ min: 1, max: 9 })), { maxLength: 200 });
    fc.assert(fc.property(pushes, fc.integer({ min: 1, max: 20 }), (list, limit) => {
      const series = createPriceSeries(STEP, limit);
      for (const [second, price] of list) series.push(second * STEP, price);
      const times = series.points().map(({ ts }) => ts);
      expect(times.length).toBeLessThanOrEqual(limit);
      expect(times.every((ts, i) => i === 0 || ts > times[i - 1]!)).toBe(true);
    }), { seed: 3, numRuns: 200 });
  });
});

describe('an even grid', () => {
  it('repeats the price over a short silence and leaves a hole in a long one', () => {
    expect(evenly([at(1), at(4)], STEP, 9)).toEqual([at(1), { ts: 2 * STEP, price: 1 }, { ts: 3 * STEP, price: 1 }, at(4)]);
    expect(evenly([at(0), at(100)], STEP, 200)[50]).toEqual({ ts: 50 * STEP, price: null });
  });
  it('has one entry a step, ends with the last point, and is bounded', () => {
    const seconds = fc.uniqueArray(fc.integer({ min: 0, max: 500 }), { minLength: 1, maxLength: 60 });
    fc.assert(fc.property(seconds, fc.integer({ min: 1, max: 100 }), (list, limit) => {
      const points = list.sort((a, b) => a - b).map((second) => at(second));
      const grid = evenly(points, STEP, limit);
      expect(grid.length).toBeLessThanOrEqual(limit);
      expect(grid.at(-1)).toEqual(points.at(-1));
      expect(grid.every(({ ts }, i) => i === 0 || ts - grid[i - 1]!.ts === STEP)).toBe(true);
    }), { seed: 3, numRuns: 200 });
  });
});
