/**
 * Asks again and again while its owner lives: keeps the last answer when a request fails, waits for each answer before it
 * sets the next timer, and rests while the tab is hidden. A new key starts afresh; an answer to an old key is dropped.
 */
import { createEffect, createSignal, on, onCleanup, untrack, type Accessor } from 'solid-js';
import { asFailure, type ApiFailure } from './failure.ts';

export interface Poll<T> {
  readonly value: Accessor<T | undefined>;
  /** Why the newest request failed; null after one that worked. */
  readonly failure: Accessor<ApiFailure | null>;
}

export function createPoll<K, T>(key: Accessor<K | undefined>, everyMs: number | ((newest: T | undefined) => number), ask: (key: K) => Promise<T>, onFailure: (failure: ApiFailure) => void): Poll<T> {
  const [value, setValue] = createSignal<T>();
  const [failure, setFailure] = createSignal<ApiFailure | null>(null);

  createEffect(on(key, (current) => {
    setValue(undefined);
    setFailure(null);
    if (current === undefined) return;
    let wanted = true;
    let asking = false;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const round = async (): Promise<void> => {
      clearTimeout(timer);
      if (asking) return;
      asking = true;
      try {
        const answer = await ask(current);
        if (!wanted) return;
        setValue(() => answer);
        setFailure(null);
      } catch (error) {
        if (!wanted) return;
        setFailure(asFailure(error));
        onFailure(asFailure(error));
      } finally {
        asking = false;
        if (wanted && !document.hidden) timer = setTimeout(() => void round(), typeof everyMs === 'number' ? everyMs : everyMs(untrack(value)));
      }
    };
    const wake = (): void => {
      if (!document.hidden) void round();
    };
    document.addEventListener('visibilitychange', wake);
    onCleanup(() => {
      wanted = false;
      clearTimeout(timer);
      document.removeEventListener('visibilitychange', wake);
    });
    void round();
  }));
  return { value, failure };
}
