/**
 * Exponential mean over n steps as TA-Lib has it: the first value is the simple mean of n, then
 * ema += (x − ema)·2/(n + 1). A NaN is skipped. NaN until n values have gone in.
 * Layout: [values seen (up to n), their sum, then the mean].
 */

export const EMA_SLOTS = 2;

export function initEma(state: Float64Array, at: number): void {
  state[at] = 0;
  state[at + 1] = 0;
}

export function pushEma(state: Float64Array, at: number, n: number, x: number): number {
  const seen = state[at]!;
  if (Number.isNaN(x)) return seen === n ? state[at + 1]! : Number.NaN;
  if (seen === n) {
    state[at + 1]! += (x - state[at + 1]!) * (2 / (n + 1));
    return state[at + 1]!;
  }
  state[at] = seen + 1;
  state[at + 1]! += x;
  if (seen + 1 < n) return Number.NaN;
  state[at + 1]! /= n;
  return state[at + 1]!;
}
