/** Reading single stored messages back, asked until the server answers. */
import type { Journal, StoredMessage } from '../journal.ts';
import { retryWhileAway } from './retry.ts';

/** null when the subject holds no message. */
export const lastOfSubject = (journal: Journal, stream: string, subject: string): Promise<StoredMessage | null> => retryWhileAway(() => journal.lastOf(stream, subject));

/** null when it was never stored, or is gone. */
export const messageAt = (journal: Journal, stream: string, seq: number): Promise<StoredMessage | null> => retryWhileAway(() => journal.at(stream, seq));

export const streamBounds = (journal: Journal, stream: string): Promise<{ readonly firstSeq: number; readonly lastSeq: number }> => retryWhileAway(() => journal.bounds(stream));
