/** The wall clock as an argument, so that nothing pure reads it. */
export interface WallClock {
  /** Microseconds since the epoch. */
  nowUs(): number;
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

/** The system's clock may run this much ahead of ours before ours steps forward, ms: above its grain and its slewing. */
const STEP_MS = 100;

/**
 * Never goes back, and stands for the system's time. The monotonic clock stops while a machine sleeps; when the system's
 * clock is ahead, this steps forward to it. A system clock that is set back is waited for, not followed.
 */
export function createNow(monotonicMs: () => number, systemMs: () => number): () => number {
  let addedMs = 0;
  return () => {
    const behindMs = systemMs() - (monotonicMs() + addedMs);
    if (behindMs > STEP_MS) addedMs += behindMs;
    return Math.floor((monotonicMs() + addedMs) * 1_000);
  };
}

export const wallClock: WallClock = {
  nowUs: createNow(() => performance.timeOrigin + performance.now(), () => Date.now()),
  sleep: (ms, signal) =>
    new Promise((resolve) => {
      if (signal?.aborted) return resolve();
      const done = (): void => {
        clearTimeout(timer);
        signal?.removeEventListener('abort', done);
        resolve();
      };
      const timer = setTimeout(done, ms);
      signal?.addEventListener('abort', done);
    }),
};
