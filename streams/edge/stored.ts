/** Reading single stored messages back, asked until the server answers. */
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
