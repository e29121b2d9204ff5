/** The value of n steps ago. NaN until n values have gone in. Layout: [next position, n values]. */

export const delaySlots = (n: number): number => n + 1;

export function initDelay(state: Float64Array, at: number, n: number): void {
  state[at] = 0;
  state.fill(Number.NaN, at + 1, at + 1 + n);
}

/** Puts `x` in and gives what went in n calls earlier. */
export function pushDelay(state: Float64Array, at: number, n: number, x: number): number {
  const i = state[at]! | 0;
  const slot = at + 1 + i;
  const old = state[slot]!;
  state[slot] = x;
  state[at] = i + 1 === n ? 0 : i + 1;
  return old;
}
