/**
 * Reading a stream in order, from a sequence on, for ever.
 *
 * 1. Every message from `fromSeq` on that matches the filter is yielded once, in stream order.
 * 2. Nothing is pulled before what was pulled is consumed (back-pressure), and at most PULL_BYTES wait: a pull is by bytes,
 *    and where messages have been small so far, by the number that makes as many bytes, which is faster.
 * 3. The server-side reader is disposable (in memory, no acks). Whatever happens to it, or a hole in the delivery
 *    sequence, it is made anew from the last sequence yielded.
 * 4. A message whose predecessor (chain.ts) is stored but was not delivered is not yielded: the copy that is read lags. It is asked
 *    again for PATIENCE_MS; then the stream is damaged (CorruptError). What retention took counts as read, and the log says so.
 * 5. A stream that has become shorter than what was read of it ends the reading (RetryError).
 */
import { CorruptError } from '../../runtime/errors.ts';
import type { Journal, JournalReader, PullLimit, StoredMessage } from '../journal.ts';
import { missingBefore } from './chain.ts';
import { retryWhileAway } from './retry.ts';
import { shortenedUnderway, untilFresh } from './stored.ts';

export type { StoredMessage } from '../journal.ts';

const PULL_BYTES = 16 * 1024 ** 2;
const PULL_SMALL = 2_000;
/** Of any size: as many of the largest as PULL_BYTES holds. */
const PULL_LARGE = 16;
/** The server answers a pull after this long at the latest, ms; so a lost pull costs at most that. */
const PULL_EXPIRES_MS = 1_000;
const EMPTY_PULLS_BEFORE_CHECK = 5;
const RETRY_MS = 100;
/** A copy that lags by a node's downtime has caught up by then. */
const PATIENCE_MS = 20_000;

export interface ReadOptions {
  readonly stream: string;
  readonly fromSeq: number;
  readonly filterSubjects?: readonly string[];
  /**
   * For who needs no message at once, ms: what comes in such a time is read in one bunch. It costs a fraction: a message by itself
   * wakes a process, which then stands in the way of those who do need it at once.
   */
  readonly bunchMs?: number;
  readonly signal: AbortSignal;
}

export async function* readStream(journal: Journal, options: ReadOptions): AsyncGenerator<StoredMessage> {
  const { signal, stream, filterSubjects, bunchMs } = options;
  let nextSeq = Math.max(1, options.fromSeq);
  const missing = missingBefore(filterSubjects);
  /** For messages that a copy lacks, in a row. */
  let lackingMs = 0;
  while (!signal.aborted) {
    const reader = await openFrom(journal, options, nextSeq).catch((error: unknown) => {
      if (signal.aborted) return null;
      throw error;
    });
    if (reader === null) return;
    try {
      reading: for await (const messages of readUntilLost(journal, bunchMs === undefined ? reader : inBunches(reader, bunchMs), signal)) for (const message of messages) {
        if (signal.aborted) return;
        if (message.seq < nextSeq) continue; // asked of a cluster's node that lags: it begins at its own end, before what was asked for
        const before = missing(message, nextSeq - 1);
        if (before !== null && (await isStored(journal, stream, before, signal))) {
          if (lackingMs >= PATIENCE_MS) throw lacking(stream, before, message.seq);
          if (lackingMs === 0) journal.log.warn({ stream, missing: before, seq: message.seq }, 'the copy of the stream that is read lacks messages; it is asked again');
          lackingMs += RETRY_MS;
          break reading;
        }
        if (before !== null && nextSeq > 1) journal.log.error({ stream, from: nextSeq, to: before }, 'retention took messages before they were read; nothing will be made of them');
        lackingMs = 0;
        nextSeq = message.seq + 1;
        yield message;
      }
    } finally {
      reader.close();
    }
    if (!signal.aborted) await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
  }
}

/** Made anew, it throws RetryError where the stream no longer has what was read: what comes next would be passed over up to that place. */
async function openFrom(journal: Journal, { stream, fromSeq, filterSubjects, signal }: ReadOptions, nextSeq: number): Promise<JournalReader> {
  if (nextSeq > Math.max(1, fromSeq)) {
    const { lastSeq } = await untilFresh(() => retryWhileAway(() => journal.bounds(stream), signal), (bounds) => signal.aborted || bounds.lastSeq >= nextSeq - 1);
    if (lastSeq < nextSeq - 1) throw shortenedUnderway(stream, lastSeq, nextSeq - 1);
  }
  return retryWhileAway(() => journal.openReader(stream, { fromSeq: nextSeq, ...(filterSubjects === undefined ? {} : { filterSubjects }) }), signal);
}

/** False when retention took it: then nobody can read it any more. */
async function isStored(journal: Journal, stream: string, seq: number, signal: AbortSignal): Promise<boolean> {
  const { firstSeq } = await retryWhileAway(() => journal.bounds(stream), signal);
  return seq >= firstSeq;
}

const lacking = (stream: string, before: number, seq: number): CorruptError => new CorruptError(
  `${stream}: message ${before} was stored before ${seq} and can't be read`,
  'The server lost or removed it from the middle of the stream. On a cluster, see whether every copy is whole (nats stream info); else restore a backup.',
);

/** Yields until the reader is lost or delivery has a hole; the caller makes a new one. */
async function* readUntilLost(journal: Journal, reader: JournalReader, signal: AbortSignal): AsyncGenerator<readonly StoredMessage[]> {
  let delivered = 0;
  let empty = 0;
  let limit: PullLimit = { bytes: PULL_BYTES };
  while (!signal.aborted) {
    const before = delivered;
    let largest = 0;
    try {
      for await (const messages of reader.pull(limit, PULL_EXPIRES_MS, signal)) {
        const hole = messages.findIndex(({ deliverySeq }, i) => deliverySeq !== delivered + i + 1);
        const whole = hole < 0 ? messages : messages.slice(0, hole);
        delivered += whole.length;
        for (const { data } of whole) largest = Math.max(largest, data.length);
        yield whole;
        if (hole >= 0 || signal.aborted) return;
      }
    } catch {
      return; // reader or connection lost: made anew from the last sequence
    }
    if (largest > 0) limit = largest * PULL_SMALL <= PULL_BYTES ? { messages: PULL_SMALL } : { bytes: PULL_BYTES };
    empty = delivered === before ? empty + 1 : 0;
    if (journal.isAway()) return;
    if (empty >= EMPTY_PULLS_BEFORE_CHECK) {
      empty = 0;
      if ((await reader.waiting()) === null) return;
    }
  }
}

/** Each pull gives the first message that comes and those that wait with it; then, unless more wait, nothing for a while. */
function inBunches(reader: JournalReader, pauseMs: number): JournalReader {
  return {
    ...reader,
    async *pull(limit, expiresMs, signal) {
      let waiting = 0;
      for await (const messages of reader.pull({ messages: 1 }, expiresMs, signal)) {
        yield messages;
        waiting = (await reader.waiting()) ?? 0;
      }
      // By number: a pull by bytes ends when its time is over, and would give each message as it comes until then.
      const most = Math.min(waiting, 'bytes' in limit ? PULL_LARGE : limit.messages);
      if (most > 0) yield* reader.pull({ messages: most }, expiresMs, signal);
      if (most === waiting) await new Promise((resolve) => setTimeout(resolve, pauseMs));
    },
  };
}

/** The last message of each subject that matches, as stored now. Asked anew when the reader or the connection is lost. */
export async function lastPerSubject(journal: Journal, stream: string, filterSubject: string): Promise<StoredMessage[]> {
  for (;;) {
    const reader = await retryWhileAway(() => journal.openReader(stream, { lastPerSubject: filterSubject }));
    try {
      return await readPending(reader);
    } catch {
      await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
    } finally {
      reader.close();
    }
  }
}

async function readPending(reader: JournalReader): Promise<StoredMessage[]> {
  const found: StoredMessage[] = [];
  while (found.length < reader.pending) {
    const before = found.length;
    for await (const messages of reader.pull({ messages: Math.min(PULL_SMALL, reader.pending - found.length) }, PULL_EXPIRES_MS)) found.push(...messages);
    if (found.length === before) break;
  }
  return found;
}
