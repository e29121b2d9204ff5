import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { split, walkForward } from './splits.ts';

/** Frame times with nights and gaps, up to three symbols a frame, some of them without a sample. */
const market = fc.record({
  steps: fc.array(fc.oneof({ weight: 20, arbitrary: fc.constant(1) }, { weight: 1, arbitrary: fc.integer({ min: 2, max: 5_000 }) }), { minLength: 30, maxLength: 300 }),
  symbols: fc.array(fc.integer({ min: 1, max: 3 }), { minLength: 1, maxLength: 10 }),
  folds: fc.integer({ min: 1, max: 6 }), embargoMs: fc.integer({ min: 0, max: 5_000 }), horizonMs: fc.integer({ min: 1, max: 60 }).map((s) => s * 1_000),
});

describe('walkForward and split', () => {
  it('never train on a label that reaches into what is tested, or on the future; test each frame of the later part once', () => {
    fc.assert(fc.property(market, ({ steps, symbols, folds, embargoMs, horizonMs }) => {
      let seconds = 0;
      const frameTs = Float64Array.from(steps, (step) => (seconds += step) * 1_000_000);
      const ts = Float64Array.from([...frameTs].flatMap((t, i) => Array.from({ length: symbols[i % symbols.length]! }, () => t)));
      const made = walkForward(frameTs, { folds, embargoMs });
      expect(made).toHaveLength(folds);
      const tested: number[] = [];
      for (const fold of made) {
        const { train, test } = split(ts, horizonMs, fold);
        expect(test.length).toBeGreaterThan(0);
        const testFrom = ts[test[0]!]!;
        for (const i of train) expect(ts[i]! + (horizonMs + embargoMs) * 1_000).toBeLessThanOrEqual(testFrom);
        tested.push(...test);
      }
      // Once each, in order, whole frames, up to the last one.
      expect(tested).toEqual(Array.from({ length: tested.length }, (_, k) => ts.length - tested.length + k));
      expect(ts[tested[0]! - 1]).toBeLessThan(ts[tested[0]!]!);
    }), { seed: 2, numRuns: 200 });
  });

  it('makes no folds of too few frames', () => {
    expect(walkForward(Float64Array.of(1, 2), { folds: 4, embargoMs: 0 })).toEqual([]);
    expect(walkForward(new Float64Array(0), { folds: 4, embargoMs: 0 })).toEqual([]);
  });
});
