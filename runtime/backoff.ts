/** Jittered exponential back-off: `firstMs` doubling to `mostMs`, each wait drawn from the upper half so that restarts spread. */
export interface BackoffOptions {
  readonly firstMs: number;
  readonly mostMs: number;
  /** Uniform in [0, 1). */
  readonly random: () => number;
}

/** `attempt` counts from 0. Between half of the step and the whole of it. */
export function backoffMs(attempt: number, { firstMs, mostMs, random }: BackoffOptions): number {
  const step = Math.min(mostMs, firstMs * 2 ** Math.min(attempt, 30));
  return Math.round(step * (0.5 + random() / 2));
}
