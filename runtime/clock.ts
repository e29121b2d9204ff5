/** The wall clock as an argument, so that nothing pure reads it. */
export interface WallClock {
  /** Microseconds since the epoch. */
  nowUs(): number;
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

export const wallClock: WallClock = {
  nowUs: () => Math.floor((performance.timeOrigin + performance.now()) * 1_000),
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
