/**
 * Exponentially weighted mean by half-life, divided by the weights so far, so that the first value already counts in
 * full and nothing has to be seeded. A NaN is skipped: the mean stays. NaN before the first value.
 * Source: West 1979; the correction is Adam's (Kingma, Ba 2015). Layout: [weighted sum, sum of weights].
 */

export const EWMA_SLOTS = 2;

export const decayPerStep = (halfLifeMs: number, stepMs: number): number => Math.exp((-Math.LN2 * stepMs) / halfLifeMs);

export function initEwma(state: Float64Array, at: number): void {
  state[at] = 0;
  state[at + 1] = 0;
}

export function pushEwma(state: Float64Array, at: number, decay: number, x: number): number {
  if (!Number.isNaN(x)) {
    state[at] = decay * state[at]! + (1 - decay) * x;
    state[at + 1] = decay * state[at + 1]! + (1 - decay);
  }
  const weight = state[at + 1]!;
  return weight > 0 ? state[at]! / weight : Number.NaN;
}
