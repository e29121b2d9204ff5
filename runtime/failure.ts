/**
 * A failure of something that runs beside, for who waits for one thing after another. Each wait has a promise of its own:
 * one that outlives its races keeps 256 bytes of each, which in a worker were 80 MB a day.
 */
export interface Failure {
  /** The first one counts. */
  fail(error: unknown): void;
  /** As `work` ends, or throws the failure, whichever is first. One wait at a time. */
  during<T>(work: Promise<T>): Promise<T>;
}

export function createFailure(): Failure {
  let failure: { readonly error: unknown } | null = null;
  let tell: ((error: unknown) => void) | null = null;
  return {
    fail(error) {
      failure ??= { error };
      tell?.(failure.error);
    },
    async during(work) {
      const failed = Promise.withResolvers<never>();
      if (failure === null) tell = failed.reject;
      else failed.reject(failure.error);
      try {
        return await Promise.race([failed.promise, work]);
      } finally {
        tell = null;
      }
    },
  };
}
