/**
 * One process' connection to the JetStream in memory: a journal whose requests take time and suffer faults.
 *
 * 1. Appends of one connection arrive in order, unless one is late: what a broken connection had sent may still arrive.
 * 2. A request's fate is drawn when it is made. Whatever happens to the answer, the server did it once, twice or not at all.
 * 3. After cut() everything under way is lost: a request before or after the server did it, a pull with what it was given.
 */
import type { Journal, JournalReader, PullLimit, ReadFrom } from '../../streams/journal.ts';
import { type MemoryJetStream, ServerRefusal, type ServerReader } from './memoryJetStream.ts';
import type { Process } from './virtualTime.ts';

/** Chances, 0 to 1. */
export interface LinkFaults {
  readonly lostRequest: number;
  readonly lostAnswer: number;
  /** Arrives after its sender has given it up. */
  readonly late: number;
  readonly twice: number;
  /** The server isn't ready for the moment. */
  readonly notReady: number;
  readonly readerLost: number;
  /** A message that the server sent and nobody received, with more behind it. */
  readonly hole: number;
  /** A message that the copy of the stream lacks for the moment: nothing says that it was left out. */
  readonly skip: number;
}
export const CALM: LinkFaults = { lostRequest: 0, lostAnswer: 0, late: 0, twice: 0, notReady: 0, readerLost: 0, hole: 0, skip: 0 };

export interface LinkOptions {
  readonly server: MemoryJetStream;
  readonly owner: Process;
  /** Milliseconds. */
  now(): number;
  schedule(ms: number, run: () => void, owner: Process | null): () => void;
  random(): number;
  readonly faults: LinkFaults;
  /** Of one way, at most. */
  readonly latencyMs: number;
  readonly log: Journal['log'];
}
export interface Link extends Journal {
  /** The connection breaks, and is back after so long. */
  cut(ms: number): void;
}

const ASK_TIMEOUT_MS = 5_000;
const LATE_MS = 2_000;
/** Messages at most in a pull by bytes, as the client does. */
const PULL_BY_BYTES = 100;
const JETSTREAM_NOT_READY = 10_008;
type Fate = 'answered' | Exclude<keyof LinkFaults, 'readerLost' | 'hole' | 'skip'>;
const FATES = ['lostRequest', 'lostAnswer', 'late', 'twice', 'notReady'] as const;

export function openLink(options: LinkOptions): Link {
  const { server, owner, now, schedule, random, faults } = options;
  const latency = (): number => random() * options.latencyMs;
  let away = false;
  /** Of the connection: what was sent before a cut belongs to an earlier one. */
  let epoch = 0;
  let lastArrivalMs = 0;
  const wakes = new Set<{ stream: string | null; wake: () => void }>();
  server.onAppend((stream) => {
    if (owner.dead) wakes.clear();
    for (const one of wakes) if (one.stream === stream) schedule(latency(), one.wake, owner);
  });

  const drawFate = (): Fate => {
    let point = random();
    for (const fate of FATES) {
      if (point < faults[fate]) return fate;
      point -= faults[fate];
    }
    return 'answered';
  };
  /** Ways to the server keep the order of sending. */
  const wayMs = (): number => {
    lastArrivalMs = Math.max(now() + latency(), lastArrivalMs);
    return lastArrivalMs - now();
  };
  const request = <T>(apply: () => T, timeoutMs: number): Promise<T> => new Promise((resolve, reject) => {
    if (owner.dead) return; // nobody is there to ask
    const fate = away ? 'lostRequest' : drawFate();
    const sentIn = epoch;
    const giveUp = schedule(timeoutMs, () => reject(new Error('timeout')), owner);
    const arrive = (answered: boolean) => (): void => {
      if (sentIn !== epoch && fate !== 'late' && random() < 0.5) return;
      let settle: () => void;
      try {
        if (fate === 'notReady') throw new ServerRefusal(JETSTREAM_NOT_READY, 'JetStream system temporarily unavailable');
        const value = apply();
        settle = () => resolve(value);
      } catch (error) {
        settle = () => reject(error as Error);
      }
      if (!answered || sentIn !== epoch) return;
      schedule(latency(), () => {
        giveUp();
        settle();
      }, owner);
    };
    if (fate === 'lostRequest') return;
    const way = fate === 'late' ? timeoutMs + random() * LATE_MS : wayMs();
    schedule(way, arrive(fate !== 'lostAnswer'), null);
    if (fate === 'twice') schedule(way + latency(), arrive(true), null);
  });

  const sleep = (ms: number): Promise<void> => new Promise((resolve) => void schedule(ms, resolve, owner));
  /** Until the stream grows, the connection breaks, the time is over or the signal aborts. */
  const changed = (stream: string, ms: number, signal?: AbortSignal): Promise<void> => new Promise((resolve) => {
    const done = (): void => {
      cancel();
      wakes.delete(one);
      signal?.removeEventListener('abort', done);
      resolve();
    };
    const one = { stream, wake: done };
    const cancel = schedule(ms, done, owner);
    signal?.addEventListener('abort', done);
    wakes.add(one);
  });

  const openReader = async (stream: string, from: ReadFrom): Promise<JournalReader> => {
    const { reader, pending } = await request(() => {
      const opened = server.openReader(stream, from);
      return { reader: opened, pending: opened.pending() };
    }, ASK_TIMEOUT_MS);
    const state = { lost: false, skipped: 0 };
    return {
      pending,
      pull: (limit, expiresMs, signal) => pull(stream, reader, state, limit, expiresMs, signal),
      waiting: async () => request(() => (state.lost ? null : reader.pending()), ASK_TIMEOUT_MS).catch(() => null),
      close: () => undefined,
    };
  };

  async function* pull(stream: string, reader: ServerReader, state: { lost: boolean; skipped: number }, limit: PullLimit, expiresMs: number, signal?: AbortSignal): ReturnType<JournalReader['pull']> {
    const pulledIn = epoch;
    const untilMs = now() + expiresMs;
    if (random() < faults.readerLost) state.lost = true;
    await sleep(latency());
    let bytes = 'bytes' in limit ? limit.bytes : Infinity;
    let left = 'bytes' in limit ? PULL_BY_BYTES : limit.messages;
    while (left > 0 && now() < untilMs && !signal?.aborted) {
      if (pulledIn !== epoch || (state.lost && random() < 0.5)) throw new Error('the reader is gone');
      const message = state.lost ? null : reader.next(bytes);
      if (message === 'too large') return;
      if (message === null) {
        await changed(stream, Math.max(1, untilMs - now()), signal);
        continue;
      }
      left -= 1;
      bytes -= message.data.length;
      if (random() < faults.hole && reader.pending() > 0) continue;
      if (random() < faults.skip && reader.pending() > 0) {
        state.skipped += 1;
        continue;
      }
      yield state.skipped === 0 ? message : { ...message, deliverySeq: message.deliverySeq - state.skipped };
      if (random() < 0.02) await sleep(latency());
    }
  }

  return {
    log: options.log,
    isAway: () => away,
    append: (subject, body, { timeoutMs, ...expect }) => request(() => server.append(subject, body, expect), timeoutMs),
    lastOf: (stream, subject) => request(() => server.lastOf(stream, subject), ASK_TIMEOUT_MS),
    at: (stream, seq) => request(() => server.at(stream, seq), ASK_TIMEOUT_MS),
    bounds: (stream) => request(() => server.bounds(stream), ASK_TIMEOUT_MS),
    openReader,
    async openBucket(bucket) {
      const objects = await request(() => server.bucket(bucket), ASK_TIMEOUT_MS);
      return {
        put: (name, bytes) => request(() => void objects.set(name, new Uint8Array(bytes)), ASK_TIMEOUT_MS),
        get: (name) => request(() => copyOf(objects.get(name)), ASK_TIMEOUT_MS),
      };
    },
    cut(ms) {
      epoch += 1;
      away = true;
      schedule(ms, () => (away = false), null);
      for (const { wake } of [...wakes]) schedule(0, wake, owner);
    },
  };
}

/** In plain bytes: the slices of a Buffer share memory. */
const copyOf = (bytes: Uint8Array | undefined): Uint8Array | null => (bytes === undefined ? null : new Uint8Array(bytes));

/** In real time, at once and without faults. */
export function openCalmLink(server: MemoryJetStream, log: Journal['log']): Link {
  return openLink({
    server, owner: { name: 'test', dead: false, frozen: false }, now: () => performance.now(), random: () => 0, faults: CALM, latencyMs: 0, log,
    schedule: (ms, run) => {
      const timer = setTimeout(run, Math.max(0, ms));
      return () => clearTimeout(timer);
    },
  });
}
