/**
 * The one writer of a subject. Each publish expects the subject's last sequence to be the one before it, so a zombie or
 * a second writer is refused by the server, and a message can't be stored twice.
 *
 * An ambiguous ack (a timeout, a lost connection) is never resent blind: the subject is read back, and what stands there
 * says what happened. Each writer signs its messages: equal bytes of another one are another's, so a zombie that is one
 * message behind leaves too.
 */
import { FencedError, RefusedError, RetryError } from '../../runtime/errors.ts';
import type { Journal, StoredMessage } from '../journal.ts';
import { MAX_MESSAGE_BYTES } from '../parse.ts';
import { HEADER } from '../streams.ts';
import { createStoringLog, refusalOf } from './retry.ts';
import { lastOfSubject, shortenedUnderway, untilFresh } from './stored.ts';
import { newWriter } from './writer.ts';

const ACK_TIMEOUT_MS = 1_500;
const RETRY_MS = 50;

export interface FencedSubject {
  /** The last stored message when this was opened. */
  readonly last: StoredMessage | null;
  /** Resolves with the sequence once it is stored. Throws FencedError when another writer is there. */
  publish(body: Uint8Array, headers?: Readonly<Record<string, string>>): Promise<number>;
}

export async function openFencedSubject(journal: Journal, stream: string, subject: string, signal: AbortSignal): Promise<FencedSubject> {
  const last = await lastOfSubject(journal, stream, subject);
  let lastSeq = last?.seq ?? 0;
  const writer = newWriter();
  const storing = createStoringLog(journal.log, subject);

  const attempt = async (body: Uint8Array, head: Readonly<Record<string, string>>): Promise<number | null> => {
    try {
      const seq = await journal.append(subject, body, { headers: { ...head, [HEADER.writer]: writer }, expectLastSubjectSeq: lastSeq, timeoutMs: ACK_TIMEOUT_MS });
      storing.stored();
      return seq;
    } catch (error) {
      const refusal = refusalOf(error, subject);
      if (refusal !== null) throw refusal;
      storing.failed(error);
      return readBack(journal, stream, subject, body, writer, lastSeq);
    }
  };

  return {
    last,
    async publish(body, head = {}) {
      // The client refuses it without asking the server: that would look like a server that is away, for ever.
      if (body.length > MAX_MESSAGE_BYTES) throw new RefusedError(`${subject}: a message of ${body.length} bytes; at most ${MAX_MESSAGE_BYTES} are stored`, 'Serve fewer symbols or horizons in one universe.');
      for (;;) {
        const seq = await attempt(body, head);
        if (seq !== null) {
          lastSeq = seq;
          return seq;
        }
        if (signal.aborted) throw new RetryError(`${subject}: stopped before the server answered`);
        await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
      }
    },
  };
}

/** The sequence if ours is stored, null if nothing was; FencedError if something else stands there, RetryError if less than was acknowledged. */
async function readBack(
  journal: Journal, stream: string, subject: string, body: Uint8Array, writer: string, lastSeq: number,
): Promise<number | null> {
  const stored = await untilFresh(() => lastOfSubject(journal, stream, subject), (last) => (last?.seq ?? 0) >= lastSeq);
  if ((stored?.seq ?? 0) === lastSeq) return null;
  if ((stored?.seq ?? 0) < lastSeq) throw shortenedUnderway(subject, stored?.seq ?? 0, lastSeq);
  if (stored !== null && stored.header(HEADER.writer) === writer && Buffer.compare(stored.data, body) === 0) return stored.seq;
  throw new FencedError(`${subject}: another writer stored sequence ${stored?.seq ?? 0} where ${lastSeq} was expected to be the last`);
}
