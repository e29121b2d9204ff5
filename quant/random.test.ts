import { describe, expect, it } from 'vitest';
import { createRandom, type Random } from './random.ts';

const take = (count: number, draw: () => number): number[] => Array.from({ length: count }, draw);
const uniforms = (seed: number, count = 4): number[] => {
  const random = createRandom(seed);
  return take(count, random.next);
};

describe('createRandom', () => {
  it('gives the same numbers for the same seed, here and everywhere', () => {
    expect(uniforms(7)).toEqual(uniforms(7));
    expect(uniforms(42, 3).map((x) => x * 2 ** 32)).toMatchInlineSnapshot(`
      [
        992766786,
        1464362009,
        1850545476,
      ]
    `);
  });

  it('gives other numbers for every other seed, also above 2^32', () => {
    const seeds = [0, 1, 2, 2 ** 32, 2 ** 32 + 1, 2 ** 33, 2 ** 53 - 1];
    expect(new Set(seeds.map((seed) => uniforms(seed).join())).size).toBe(seeds.length);
  });

  it('refuses seeds that are no integers or out of range', () => {
    for (const seed of [-1, 0.5, NaN, 2 ** 53]) expect(() => createRandom(seed)).toThrow(RangeError);
  });

  it('is uniform: sixteen equal bins by chi-square, and no lag-one correlation', () => {
    const draws = uniforms(1, 160_000);
    const bins = new Array<number>(16).fill(0);
    for (const x of draws) bins[Math.floor(x * 16)]!++;
    // The 99.9 % point of chi-square with 15 degrees of freedom.
    expect(bins.reduce((sum, n) => sum + (n - 10_000) ** 2 / 10_000, 0)).toBeLessThan(37.7);
    const lagged = draws.slice(1).reduce((sum, x, i) => sum + (x - 0.5) * (draws[i]! - 0.5), 0) * 12;
    expect(Math.abs(lagged / Math.sqrt(draws.length))).toBeLessThan(3.3);
  });

  it('has normal moments and tails', () => {
    const random: Random = createRandom(1);
    const draws = take(200_000, random.normal);
    const moment = (power: number): number => draws.reduce((sum, x) => sum + x ** power, 0) / draws.length;
    // Three standard errors: sqrt(1, 2, 15, 96 over n).
    expect(Math.abs(moment(1))).toBeLessThan(0.007);
    expect(Math.abs(moment(2) - 1)).toBeLessThan(0.01);
    expect(Math.abs(moment(3))).toBeLessThan(0.026);
    expect(Math.abs(moment(4) - 3)).toBeLessThan(0.066);
    expect(draws.filter((x) => Math.abs(x) > 1.959964).length / draws.length).toBeCloseTo(0.05, 2);
  });
});
