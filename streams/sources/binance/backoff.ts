/**
 * How long to wait before dialling again: doubling from `firstMs` to `maxMs`, the upper half of each step random, so
 * that many clients of one venue don't come back together. Pure: randomness is an argument.
 */
export interface BackoffLimits { readonly firstMs: number; readonly maxMs: number }
export interface Backoff {
  /** The next wait: between half a step and the whole of it. */
  nextMs(): number;
  /** Call when a connection has proved itself. */
  reset(): void;
}

/** `random` yields numbers in [0, 1). */
export function createBackoff({ firstMs, maxMs }: BackoffLimits, random: () => number): Backoff {
  let stepMs = firstMs;
  return {
    nextMs() {
      const waitMs = (stepMs / 2) * (1 + random());
      stepMs = Math.min(stepMs * 2, maxMs);
      return waitMs;
    },
    reset: () => void (stepMs = firstMs),
  };
}
