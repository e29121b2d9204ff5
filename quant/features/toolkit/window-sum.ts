/**
 * The sum of the last n values without ever subtracting, so that nothing drifts and a NaN or a huge value is gone when
 * it leaves the window. NaN until n values have gone in, and while one of them is NaN.
 *
 * Values come in blocks of n. Of the block before, the ring holds suffix sums; of the running block, raw values and
 * their sum so far. At place i of the running block the window is the suffix from i + 1 plus that sum. A full block is
 * turned into suffix sums in place: n additions every n steps, so O(1) a step.
 * Source: two-stack sliding aggregation (Tangwongsan, Hirzel, Schneider 2017, "Low-latency sliding-window aggregation").
 * Layout: [place, sum of the running block, n values].
 */

export const windowSumSlots = (n: number): number => n + 2;

export function initWindowSum(state: Float64Array, at: number, n: number): void {
  state[at] = 0;
  state[at + 1] = 0;
  state.fill(Number.NaN, at + 2, at + 2 + n);
}

/** Puts `x` (see `known`) in and gives the sum of the last n values. */
export function pushWindowSum(state: Float64Array, at: number, n: number, x: number): number {
  const ring = at + 2;
  const i = state[at]! | 0;
  const running = state[at + 1]! + x;
  state[ring + i] = x;
  if (i + 1 < n) {
    state[at] = i + 1;
    state[at + 1] = running;
    return state[ring + i + 1]! + running;
  }
  let suffix = 0;
  for (let j = ring + n - 1; j >= ring; j--) {
    suffix += state[j]!;
    state[j] = suffix;
  }
  state[at] = 0;
  state[at + 1] = 0;
  return running;
}
