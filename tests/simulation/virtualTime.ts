/**
 * Virtual time: every timer and every answer is an event in one queue; when nothing can go on, time jumps to the next.
 *
 * 1. Events of the same moment run in the order in which they were scheduled, and what an event sets going runs to its
 *    last await before the next one: a run is a pure function of its seed.
 * 2. An event belongs to a process, and so does everything that it sets going: nothing of one process continues another.
 *    A dead process gets no events any more; a frozen one gets them when it thaws.
 */
export interface Process { readonly name: string; dead: boolean; frozen: boolean }
interface Event { readonly at: number; readonly run: () => void; readonly owner: Process | null; cancelled: boolean }

const realSetImmediate = setImmediate;

export interface VirtualTime {
  /** Milliseconds since the start. */
  now(): number;
  /** `owner` null: the world's own. */
  schedule(ms: number, run: () => void, owner: Process | null): () => void;
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
  let running: Process | null = null;
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
  const putBack = replaceTimers((ms, run) => schedule(ms, run, running));

  return {
    now: () => nowMs,
    schedule,
    current: () => running,
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
      running = event.owner;
      event.run();
      await new Promise<void>((resolve) => void realSetImmediate(resolve));
      running = null;
      return true;
    },
    end: putBack,
  };
}

/** Returns what puts the real ones back. */
function replaceTimers(schedule: (ms: number, run: () => void) => () => void): () => void {
  const real = { setTimeout: globalThis.setTimeout, clearTimeout: globalThis.clearTimeout };
  const cancels = new WeakMap<object, () => void>();
  globalThis.setTimeout = ((run: (...args: unknown[]) => void, ms = 0, ...args: unknown[]) => {
    const handle = { unref: () => handle, ref: () => handle, hasRef: () => true };
    cancels.set(handle, schedule(ms, () => run(...args)));
    return handle;
  }) as unknown as typeof setTimeout;
  globalThis.clearTimeout = ((handle?: object) => void (handle !== undefined && cancels.get(handle)?.())) as typeof clearTimeout;
  return () => void Object.assign(globalThis, real);
}
