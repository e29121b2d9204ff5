/** Reading single stored messages back, asked until the server answers. */
import { CorruptError, RetryError } from '../../runtime/errors.ts';
import type { Journal, StoredMessage } from '../journal.ts';
import { retryWhileAway } from './retry.ts';

/** null when the subject holds no message. */
export const lastOfSubject = (journal: Journal, stream: string, subject: string): Promise<StoredMessage | null> => retryWhileAway(() => journal.lastOf(stream, subject));

/** null when it was never stored, or is gone. */
export const messageAt = (journal: Journal, stream: string, seq: number): Promise<StoredMessage | null> => retryWhileAway(() => journal.at(stream, seq));

export const streamBounds = (journal: Journal, stream: string): Promise<{ readonly firstSeq: number; readonly lastSeq: number }> => retryWhileAway(() => journal.bounds(stream));

/** A new leader of a cluster's stream may for a moment know less than the old one acknowledged: this long, ms. */
const STALE_MS = 10_000;
const STALE_RETRY_MS = 100;

/** Asks until `isFresh` holds; after STALE_MS the answer stands as it is. */
export async function untilFresh<T>(ask: () => Promise<T>, isFresh: (answer: T) => boolean): Promise<T> {
  for (let waited = 0; ; waited += STALE_RETRY_MS) {
    const answer = await ask();
    if (isFresh(answer) || waited >= STALE_MS) return answer;
    await new Promise((resolve) => setTimeout(resolve, STALE_RETRY_MS));
  }
}

/** The bounds of a stream that is known to have reached `seq`. */
export const boundsFrom = (journal: Journal, stream: string, seq: number): Promise<{ readonly firstSeq: number; readonly lastSeq: number }> =>
  untilFresh(() => streamBounds(journal, stream), ({ lastSeq }) => lastSeq >= seq);

/** The server's word has changed: what it acknowledged is gone from the end of a stream. */
const shortened = (what: string, lastSeq: number, known: number): string =>
  `${what} ends at message ${lastSeq} and had ${known}: the server has lost what it had stored (a power cut does that), or it is another server`;

const LOST_HINT = 'Restore a backup (./foretick restore), or start with a new data folder (--data). With `up --sync always` a power cut takes nothing: docs/OPERATIONS.md, What can be lost.';

/** For a service that starts: what it made was made of `stream` up to `seq`. Throws CorruptError where the stream ends before that. */
export async function mustReach(journal: Journal, stream: string, seq: number, hint = LOST_HINT): Promise<void> {
  const { lastSeq } = await boundsFrom(journal, stream, seq);
  if (lastSeq < seq) throw new CorruptError(shortened(stream, lastSeq, seq), hint);
}

/** The same for a stream that may have lost its end and grown past that place again: another message stands there then. What retention took is not asked. */
export async function mustHold(journal: Journal, stream: string, seq: number, isIt: (message: StoredMessage) => boolean | Promise<boolean>, hint = LOST_HINT): Promise<void> {
  await mustReach(journal, stream, seq, hint);
  const message = seq > 0 ? await messageAt(journal, stream, seq) : null;
  if (message === null || (await isIt(message))) return;
  throw new CorruptError(`${stream}: message ${seq} is another one than was read: the server has lost the stream's end (a power cut does that), and more was written since, or it is another server`, hint);
}

/** For a service that runs and has seen `known`: it starts again from what is there, and finds out whether that is enough. */
export const shortenedUnderway = (what: string, lastSeq: number, known: number): RetryError => new RetryError(shortened(what, lastSeq, known), 'The service starts again from what is there.');
