/**
 * Virtual time: every timer and every answer is an event in one queue; when nothing can go on, time jumps to the next.
 *
 * 1. Events of the same moment run in the order in which they were scheduled, and what an event sets going runs to its
 *    last await before the next one: a run is a pure function of its seed.
 * 2. An event belongs to the process that scheduled it. A dead process gets none any more; a frozen one gets them when it thaws.
 */
import { AsyncLocalStorage } from 'node:async_hooks';

export interface Process { readonly name: string; dead: boolean; frozen: boolean }
interface Event { readonly at: number; readonly run: () => void; readonly owner: Process | null; cancelled: boolean }

const realSetImmediate = setImmediate;

export interface VirtualTime {
  /** Milliseconds since the start. */
  now(): number;
  /** `owner` null: the world's own. */
  schedule(ms: number, run: () => void, owner: Process | null): () => void;
  /** Runs `body` as that process: its timers are its own. */
  as<T>(process: Process, body: () => T): T;
  /** The process that runs now. */
  current(): Process | null;
  thaw(process: Process): void;
  /** One event, and all that follows from it without waiting. False when there is none. */
  step(): Promise<boolean>;
  /** Puts the real timers back. */
  end(): void;
}

/** Takes the place of setTimeout and clearTimeout until end(). */
export function startVirtualTime(): VirtualTime {
  const queue: Event[] = [];
  const held: Event[] = [];
  const running = new AsyncLocalStorage<Process>();
  let nowMs = 0;

  const insert = (event: Event): void => {
    let i = queue.length;
    while (i > 0 && queue[i - 1]!.at > event.at) i -= 1;
    queue.splice(i, 0, event);
  };
  const schedule: VirtualTime['schedule'] = (ms, run, owner) => {
    const event: Event = { at: nowMs + Math.max(0, ms), run, owner, cancelled: false };
    insert(event);
    return () => void (event.cancelled = true);
  };
  const real = { setTimeout: globalThis.setTimeout, clearTimeout: globalThis.clearTimeout };
  const cancels = new WeakMap<object, () => void>();
  globalThis.setTimeout = ((run: (...args: unknown[]) => void, ms = 0, ...args: unknown[]) => {
    const handle = { unref: () => handle, ref: () => handle, hasRef: () => true };
    cancels.set(handle, schedule(ms, () => run(...args), running.getStore() ?? null));
    return handle;
  }) as unknown as typeof setTimeout;
  globalThis.clearTimeout = ((handle?: object) => void (handle !== undefined && cancels.get(handle)?.())) as typeof clearTimeout;

  return {
    now: () => nowMs,
    schedule,
    as: (process, body) => running.run(process, body),
    current: () => running.getStore() ?? null,
    thaw(process) {
      process.frozen = false;
      for (const event of held.splice(0)) (event.owner === process ? insert({ ...event, at: nowMs }) : held.push(event));
    },
    async step() {
      const event = queue.shift();
      if (event === undefined) return false;
      nowMs = Math.max(nowMs, event.at);
      if (event.cancelled || event.owner?.dead) return true;
      if (event.owner?.frozen) {
        held.push(event);
        return true;
      }
      if (event.owner === null) event.run();
      else running.run(event.owner, event.run);
      await new Promise<void>((resolve) => void realSetImmediate(resolve));
      return true;
    },
    end: () => void Object.assign(globalThis, real),
  };
}
