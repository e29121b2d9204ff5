/** A reader over a connection: what it is sent takes time, and may be lost on the way; so may the reader itself. */
import type { Delivered, JournalReader, PullLimit, ReadFrom } from '../../streams/journal.ts';
import { changed, type Connection, latency, sleep } from './connection.ts';
import type { ServerReader } from './memoryJetStream.ts';
import { ask } from './request.ts';

/** Messages at most in a pull by bytes, as the client does. */
const PULL_BY_BYTES = 100;
/** Chance that a lost reader is noticed, each time that it is looked for. */
const LOSS_NOTICED = 0.5;
/** Chance that a message is some way behind the one before. */
const PAUSE = 0.02;

interface Reading {
  readonly connection: Connection;
  readonly stream: string;
  readonly reader: ServerReader;
  lost: boolean;
  /** Messages that the copy of the stream lacked: the count of what was delivered is without them. */
  skipped: number;
}

export async function openReader(connection: Connection, stream: string, from: ReadFrom): Promise<JournalReader> {
  const { reader, pending } = await ask(connection, () => {
    const opened = connection.server.openReader(stream, from);
    return { reader: opened, pending: opened.pending() };
  });
  const reading: Reading = { connection, stream, reader, lost: false, skipped: 0 };
  return {
    pending,
    pull: (limit, expiresMs, signal) => pull(reading, limit, expiresMs, signal),
    waiting: async () => ask(connection, () => (reading.lost ? null : reader.pending())).catch(() => null),
    close: () => undefined,
  };
}

async function* pull(reading: Reading, limit: PullLimit, expiresMs: number, signal?: AbortSignal): ReturnType<JournalReader['pull']> {
  const { connection, stream, reader } = reading;
  const { now, random, faults } = connection;
  const pulledIn = connection.epoch;
  const untilMs = now() + expiresMs;
  if (random() < faults.readerLost) reading.lost = true;
  await sleep(connection, latency(connection));
  let bytes = 'bytes' in limit ? limit.bytes : Infinity;
  let left = 'bytes' in limit ? PULL_BY_BYTES : limit.messages;
  while (left > 0 && now() < untilMs && !signal?.aborted) {
    if (pulledIn !== connection.epoch || (reading.lost && random() < LOSS_NOTICED)) throw new Error('the reader is gone');
    const message = reading.lost ? null : reader.next(bytes);
    if (message === 'too large') return;
    if (message === null) {
      await changed(connection, stream, Math.max(1, untilMs - now()), signal);
      continue;
    }
    left -= 1;
    bytes -= message.data.length;
    const received = receive(reading, message);
    if (received === null) continue;
    yield [received];
    if (random() < PAUSE) await sleep(connection, latency(connection));
  }
}

/** null when it is lost on the way, or the copy of the stream lacks it: only where more follows. */
function receive(reading: Reading, message: Delivered): Delivered | null {
  const { connection: { random, faults }, reader } = reading;
  if (random() < faults.hole && reader.pending() > 0) return null;
  if (random() < faults.skip && reader.pending() > 0) {
    reading.skipped += 1;
    return null;
  }
  return reading.skipped === 0 ? message : { ...message, deliverySeq: message.deliverySeq - reading.skipped };
}
