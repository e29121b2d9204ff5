/**
 * One process' connection to the JetStream in memory: a journal whose requests take time and suffer faults.
 *
 * 1. Appends of one connection arrive in order, unless one is late: what a broken connection had sent may still arrive.
 * 2. A request's fate is drawn when it is made (request.ts), a message's when it is read (reader.ts).
 * 3. After cut() everything under way is lost: a request before or after the server did it, a pull with what it was given.
 */
import type { Journal, Objects } from '../../streams/journal.ts';
import { CALM, type Connection, cut, type LinkOptions, openConnection } from './connection.ts';
import type { MemoryJetStream } from './memoryJetStream.ts';
import { openReader } from './reader.ts';
import { ask, request } from './request.ts';

export interface Link extends Journal {
  /** The connection breaks, and is back after so long. */
  cut(ms: number): void;
}

export function openLink(options: LinkOptions): Link {
  const { server, log } = options;
  const connection = openConnection(options);
  return {
    log,
    isAway: () => connection.away,
    append: (subject, body, { timeoutMs, ...expect }) => request(connection, () => server.append(subject, body, expect), timeoutMs),
    lastOf: (stream, subject) => ask(connection, () => server.lastOf(stream, subject)),
    at: (stream, seq) => ask(connection, () => server.at(stream, seq)),
    bounds: (stream) => ask(connection, () => server.bounds(stream)),
    openReader: (stream, from) => openReader(connection, stream, from),
    openBucket: (bucket) => openBucket(connection, bucket),
    cut: (ms) => cut(connection, ms),
  };
}

async function openBucket(connection: Connection, bucket: string): Promise<Objects> {
  const objects = await ask(connection, () => connection.server.bucket(bucket));
  return {
    put: (name, bytes) => ask(connection, () => void objects.set(name, new Uint8Array(bytes))),
    get: (name) => ask(connection, () => copyOf(objects.get(name))),
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
