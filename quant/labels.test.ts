import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { labelsBps } from './labels.ts';

const SECOND_US = 1_000_000;

describe('labelsBps', () => {
  it('is the log return to the frame exactly one horizon later', () => {
    const labels = labelsBps(Float64Array.of(0, 1, 2, 3).map((s) => s * SECOND_US), Float64Array.of(100, 50, 101, 50, 102, 51, 103, 51), 2_000);
    expect([...labels.slice(0, 4)]).toEqual([Math.log(102 / 100), Math.log(51 / 50), Math.log(103 / 101), Math.log(51 / 50)].map((ret) => ret * 10_000));
    expect([...labels.slice(4)]).toEqual([NaN, NaN, NaN, NaN]);
  });

  it('knows nothing across a gap or an unknown price', () => {
    const labels = labelsBps(Float64Array.of(0, 1, 5, 6, 7).map((s) => s * SECOND_US), Float64Array.of(100, 101, 102, NaN, 104), 1_000);
    expect([...labels].map(Number.isNaN)).toEqual([false, true, true, true, true]);
    expect(labelsBps(new Float64Array(0), new Float64Array(0), 1_000)).toHaveLength(0);
  });

  it('agrees with looking each frame up', () => {
    fc.assert(fc.property(
      fc.uniqueArray(fc.integer({ min: 0, max: 60 }), { minLength: 1, maxLength: 40 }), fc.integer({ min: 1, max: 3 }), fc.integer({ min: 1, max: 10 }),
      (seconds, symbols, horizonS) => {
        const ts = Float64Array.from(seconds.sort((x, y) => x - y), (s) => s * SECOND_US);
        const mid = Float64Array.from({ length: ts.length * symbols }, (_, i) => 100 + Math.sin(i));
        const labels = labelsBps(ts, mid, horizonS * 1_000);
        labels.forEach((label, at) => {
          const later = ts.indexOf(ts[Math.floor(at / symbols)]! + horizonS * SECOND_US);
          expect(label).toBe(later < 0 ? NaN : Math.log(mid[later * symbols + (at % symbols)]! / mid[at]!) * 10_000);
        });
      },
    ), { seed: 1, numRuns: 200 });
  });
});
