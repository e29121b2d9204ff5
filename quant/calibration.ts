/**
 * Split-conformal calibration on a rolling window (Vovk, Gammerman, Shafer 2005; scaled residuals as in Lei et al. 2018).
 *
 * One window per symbol and horizon holds the scaled residuals r = (realised − predicted)/scale of the last WINDOW
 * matured frames. A frame that can't be judged takes its place as NaN and counts as nothing, so the window is a function
 * of the last WINDOW frames alone: replaying those from the journal, or beginning with `latest()` of a snapshot, gives the
 * same state. A new model starts with the quantiles on its card as if they had been its latest residuals.
 */

/** Frames remembered. */
export const WINDOW = 1_200;
/** A 90 % interval needs some residuals. */
const MIN_RESIDUALS = 20;
const ALPHA = 0.1;

export interface Interval { readonly loBps: number; readonly hiBps: number; readonly pUp: number }

export interface Calibration {
  push(residual: number): void;
  /** null while too few residuals are known. */
  interval(retBps: number, scaleBps: number): Interval | null;
  /** The window, oldest first; NaN where there was nothing to judge. All of the state: equal windows go on equally. */
  latest(): Float64Array;
}

/** `prior`: what counts as its latest residuals. */
export function createCalibration(prior: ArrayLike<number>): Calibration {
  const ring = new Float64Array(WINDOW).fill(NaN);
  const sorted = new Float64Array(WINDOW);
  const begun = Float64Array.from(prior).slice(-WINDOW);
  ring.set(begun);
  let next = begun.length % WINDOW;
  const known = begun.filter((residual) => !Number.isNaN(residual)).sort();
  sorted.set(known);
  let count = known.length;

  return {
    push(residual) {
      count = replace(sorted, count, ring[next]!, residual);
      ring[next] = residual;
      next = (next + 1) % WINDOW;
    },
    latest() {
      const window = new Float64Array(WINDOW);
      window.set(ring.subarray(next));
      window.set(ring.subarray(0, next), WINDOW - next);
      return window;
    },
    interval(retBps, scaleBps) {
      if (count < MIN_RESIDUALS) return null;
      // Ranks with the finite-sample correction: of n exchangeable residuals and one more, at most α/2 fall beyond each.
      const k = Math.max(0, Math.floor((count + 1) * (ALPHA / 2)) - 1);
      const lo = sorted[k]!;
      const hi = sorted[count - 1 - k]!;
      // pUp = P(ret + r·scale > 0): the share of residuals above −ret/scale.
      const above = count - upperBound(sorted, count, -retBps / scaleBps);
      return { loBps: retBps + lo * scaleBps, hiBps: retBps + hi * scaleBps, pUp: above / count };
    },
  };
}

/** In sorted[0..n), in place; NaN: none goes, or none comes. Only what lies between their two places moves, by one. Returns the new n. */
function replace(sorted: Float64Array, n: number, old: number, fresh: number): number {
  const from = Number.isNaN(old) ? n : lowerBound(sorted, n, old);
  const before = Number.isNaN(fresh) ? n : lowerBound(sorted, n, fresh);
  if (before > from) {
    sorted.copyWithin(from, from + 1, before);
    sorted[before - 1] = fresh; // at the end, beyond what counts, where none comes
  } else {
    sorted.copyWithin(before + 1, before, from);
    sorted[before] = fresh;
  }
  return n + (Number.isNaN(old) ? 0 : -1) + (Number.isNaN(fresh) ? 0 : 1);
}

/** First index of sorted[0..n) whose value is ≥ x. */
function lowerBound(sorted: Float64Array, n: number, x: number): number {
  let lo = 0;
  let hi = n;
  while (lo < hi) {
    const mid = (lo + hi) >>> 1;
    if (sorted[mid]! < x) lo = mid + 1;
    else hi = mid;
  }
  return lo;
}

/** First index of sorted[0..n) whose value is > x. */
function upperBound(sorted: Float64Array, n: number, x: number): number {
  let lo = 0;
  let hi = n;
  while (lo < hi) {
    const mid = (lo + hi) >>> 1;
    if (sorted[mid]! <= x) lo = mid + 1;
    else hi = mid;
  }
  return lo;
}
