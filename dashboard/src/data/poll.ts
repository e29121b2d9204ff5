/**
 * Asks again and again while its owner lives: keeps the last answer when a request fails, waits for each answer before it
 * sets the next timer, and rests while the tab is hidden. A new key starts afresh.
 */
import { createEffect, createSignal, on, onCleanup, type Accessor } from 'solid-js';
import { RequestFailure } from './rest.ts';

export interface Poll<T> {
  readonly value: Accessor<T | undefined>;
  /** Why the newest request failed; null after one that worked. */
  readonly failure: Accessor<RequestFailure | null>;
  refresh(): void;
}

export function createPoll<K, T>(key: Accessor<K | undefined>, everyMs: number, ask: (key: K, signal: AbortSignal) => Promise<T>, onFailure: (failure: RequestFailure) => void): Poll<T> {
  const [value, setValue] = createSignal<T>();
  const [failure, setFailure] = createSignal<RequestFailure | null>(null);
  let refresh = (): void => {};

  createEffect(on(key, (current) => {
    setValue(undefined);
    setFailure(null);
    if (current === undefined) return;
    const abort = new AbortController();
    let timer: ReturnType<typeof setTimeout> | undefined;
    let asking = false;
    const round = async (): Promise<void> => {
      clearTimeout(timer);
      if (asking) return;
      asking = true;
      try {
        const answer = await ask(current, abort.signal);
        if (abort.signal.aborted) return;
        setValue(() => answer);
        setFailure(null);
      } catch (error) {
        if (abort.signal.aborted) return;
        const failed = error instanceof RequestFailure ? error : new RequestFailure('refused', String(error), 'Reload the page.');
        setFailure(failed);
        onFailure(failed);
      } finally {
        asking = false;
        if (!abort.signal.aborted && !document.hidden) timer = setTimeout(round, everyMs);
      }
    };
    const wake = (): void => {
      if (!document.hidden) void round();
    };
    refresh = () => void round();
    document.addEventListener('visibilitychange', wake);
    onCleanup(() => {
      abort.abort();
      clearTimeout(timer);
      document.removeEventListener('visibilitychange', wake);
    });
    void round();
  }));
  return { value, failure, refresh: () => refresh() };
}
