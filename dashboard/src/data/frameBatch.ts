/**
 * Merges updates and hands them on once per animation frame. Updates have a key; of two with one key the newer stays, so
 * what waits is bounded by the number of keys however long a hidden tab draws no frame.
 */
export interface FrameBatch<T> {
  add(key: string, update: T): void;
  /** Drops what waits. */
  clear(): void;
}

export function createFrameBatch<T>(apply: (updates: readonly T[]) => void, requestFrame: (run: () => void) => number, cancelFrame: (id: number) => void): FrameBatch<T> {
  const waiting = new Map<string, T>();
  let frame: number | null = null;
  const flush = (): void => {
    frame = null;
    const updates = [...waiting.values()];
    waiting.clear();
    apply(updates);
  };
  return {
    add(key, update) {
      waiting.set(key, update);
      frame ??= requestFrame(flush);
    },
    clear() {
      waiting.clear();
      if (frame !== null) cancelFrame(frame);
      frame = null;
    },
  };
}
