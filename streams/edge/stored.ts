/** Reading single stored messages back: the last of a subject, or one by sequence. Asked of the stream's leader, never stale. */
import type { StoredMsg } from '@nats-io/jetstream';
import { apiErrorCode, type Connection, retryWhileAway } from './connect.ts';

export interface StoredMessage {
  readonly seq: number;
  readonly subject: string;
  readonly data: Uint8Array;
  header(name: string): string | undefined;
}

const NOT_FOUND = 10_037;

async function get(connection: Connection, stream: string, query: { last_by_subj: string } | { seq: number }): Promise<StoredMessage | null> {
  const found = await retryWhileAway(async (): Promise<StoredMsg | null> => {
    try {
      return await connection.jsm.streams.getMessage(stream, query);
    } catch (error) {
      if (apiErrorCode(error) === NOT_FOUND) return null;
      throw error;
    }
  });
  return found === null ? null : { seq: found.seq, subject: found.subject, data: found.data, header: (name) => found.header?.get(name) || undefined };
}

/** null when the subject holds no message. */
export const lastOfSubject = (connection: Connection, stream: string, subject: string): Promise<StoredMessage | null> =>
  get(connection, stream, { last_by_subj: subject });

/** null when it was never stored, or is gone. */
export const messageAt = (connection: Connection, stream: string, seq: number): Promise<StoredMessage | null> => get(connection, stream, { seq });

export async function streamBounds(connection: Connection, stream: string): Promise<{ firstSeq: number; lastSeq: number }> {
  const { state } = await retryWhileAway(() => connection.jsm.streams.info(stream));
  return { firstSeq: state.first_seq, lastSeq: state.last_seq };
}
