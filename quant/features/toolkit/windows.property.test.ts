/** Laws of the windows: each gives what a plain look at the last n values gives, for any n and through any NaN. */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { delaySlots, initDelay, pushDelay } from './delay.ts';
import { initWindowMax, pushWindowMax, windowMaxSlots } from './window-max.ts';
import { initWindowSum, pushWindowSum, windowSumSlots } from './window-sum.ts';

const SEED = 20_261_124;
/** Whole numbers, so that sums are exact and must be equal, whatever stood in the window before. */
const value = fc.oneof({ weight: 9, arbitrary: fc.integer({ min: -1_000_000, max: 1_000_000 }) }, { weight: 1, arbitrary: fc.constant(NaN) });
const values = fc.array(value, { maxLength: 60 });
const size = fc.integer({ min: 1, max: 12 });
const AT = 3;

type Push = (state: Float64Array, at: number, n: number, x: number) => number;
type Init = (state: Float64Array, at: number, n: number) => void;
function run(slots: (n: number) => number, init: Init, push: Push, n: number, xs: readonly number[]): number[] {
  const state = new Float64Array(AT + slots(n)).fill(77);
  init(state, AT, n);
  const out = xs.map((x) => push(state, AT, n, x));
  expect([...state.subarray(0, AT)]).toEqual([77, 77, 77]);
  return out;
}
const lastOf = (xs: readonly number[], i: number, n: number): readonly number[] => (i + 1 < n ? [NaN] : xs.slice(i + 1 - n, i + 1));

it('a window sum is the sum of the last n', () => {
  fc.assert(fc.property(values, size, (xs, n) => {
    const want = xs.map((_, i) => lastOf(xs, i, n).reduce((a, b) => a + b, 0));
    // + 0: a sum of nothing but zeros may be −0.
    expect(run(windowSumSlots, initWindowSum, pushWindowSum, n, xs).map((x) => x + 0)).toEqual(want.map((x) => x + 0));
  }), { seed: SEED, numRuns: 300 });
});

it('a window maximum is the largest of the last n', () => {
  fc.assert(fc.property(values, size, (xs, n) => {
    expect(run(windowMaxSlots, initWindowMax, pushWindowMax, n, xs)).toEqual(xs.map((_, i) => Math.max(...lastOf(xs, i, n))));
  }), { seed: SEED, numRuns: 300 });
});

it('a delay gives the value of n steps ago', () => {
  fc.assert(fc.property(values, size, (xs, n) => {
    expect(run(delaySlots, initDelay, pushDelay, n, xs)).toEqual(xs.map((_, i) => (i < n ? NaN : xs[i - n])));
  }), { seed: SEED, numRuns: 300 });
});

it('a huge value leaves nothing behind when it leaves the window', () => {
  expect(run(windowSumSlots, initWindowSum, pushWindowSum, 3, [1e150, 0.1, 0.2, 0.3, 0.4])).toEqual([NaN, NaN, 1e150, expect.closeTo(0.6, 15), expect.closeTo(0.9, 15)]);
});
