/**
 * The largest of the last n values, by the scheme of window-sum.ts with max for +. NaN until n values have gone in, and
 * while one of them is NaN. The smallest is −max(−x).
 * Layout: [place, largest of the running block, n values].
 */

export const windowMaxSlots = (n: number): number => n + 2;

export function initWindowMax(state: Float64Array, at: number, n: number): void {
  state[at] = 0;
  state[at + 1] = Number.NEGATIVE_INFINITY;
  state.fill(Number.NaN, at + 2, at + 2 + n);
}

/** A NaN on either side stays: comparing with it is false, so it is asked for by itself. */
const larger = (a: number, b: number): number => (a >= b || Number.isNaN(a) ? a : b);

/** Puts `x` (see `known`) in and gives the largest of the last n values. */
export function pushWindowMax(state: Float64Array, at: number, n: number, x: number): number {
  const ring = at + 2;
  const i = state[at]! | 0;
  const running = larger(state[at + 1]!, x);
  state[ring + i] = x;
  if (i + 1 < n) {
    state[at] = i + 1;
    state[at + 1] = running;
    return larger(state[ring + i + 1]!, running);
  }
  let suffix = Number.NEGATIVE_INFINITY;
  for (let j = ring + n - 1; j >= ring; j--) {
    suffix = larger(state[j]!, suffix);
    state[j] = suffix;
  }
  state[at] = 0;
  state[at + 1] = Number.NEGATIVE_INFINITY;
  return running;
}
