/** What is known of one connection to the JetStream in memory, and shared by all that goes over it: its state, its faults and its time. */
import type { Journal } from '../../streams/journal.ts';
import type { MemoryJetStream } from './memoryJetStream.ts';
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
export interface Connection extends LinkOptions {
  away: boolean;
  /** What was sent before a cut belongs to an earlier one. */
  epoch: number;
  /** Of what was sent last and isn't late. */
  lastArrivalMs: number;
  readonly waiting: Set<{ readonly stream: string; readonly wake: () => void }>;
}

export function openConnection(options: LinkOptions): Connection {
  const { server, owner, schedule } = options;
  const waiting: Connection['waiting'] = new Set();
  const connection = { ...options, away: false, epoch: 0, lastArrivalMs: 0, waiting };
  server.onAppend((stream) => {
    if (owner.dead) waiting.clear();
    for (const one of waiting) if (one.stream === stream) schedule(latency(connection), one.wake, owner);
  });
  return connection;
}

export function cut(connection: Connection, ms: number): void {
  const { owner, schedule, waiting } = connection;
  connection.epoch += 1;
  connection.away = true;
  schedule(ms, () => (connection.away = false), null);
  for (const { wake } of waiting) schedule(0, wake, owner);
}

/** Of one way, drawn anew. */
export const latency = ({ random, latencyMs }: Connection): number => random() * latencyMs;

export const sleep = ({ owner, schedule }: Connection, ms: number): Promise<void> => new Promise((resolve) => void schedule(ms, resolve, owner));

/** Until the stream grows, the connection breaks, the time is over or the signal aborts. */
export function changed({ owner, schedule, waiting }: Connection, stream: string, ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const wake = (): void => {
      cancel();
      waiting.delete(one);
      signal?.removeEventListener('abort', wake);
      resolve();
    };
    const one = { stream, wake };
    const cancel = schedule(ms, wake, owner);
    signal?.addEventListener('abort', wake);
    waiting.add(one);
  });
}
