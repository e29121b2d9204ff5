/** After a restart: the frames that are already published, to hold the recomputed ones against. */
import { CorruptError } from '../../runtime/errors.ts';
import type { Journal, StoredMessage } from '../../streams/journal.ts';
import { readStream } from '../../streams/edge/consume.ts';
import { parseFrame } from '../../streams/messages/frame.ts';
import { FEATURES } from '../../streams/streams.ts';

/** `schema`: frames of another one were made by other code, and nothing can be held against them. */
export function createPublishedFrames(journal: Journal, subject: string, schema: string, fromSeq: number, signal: AbortSignal) {
  let reader: ReturnType<typeof readStream> | null = null;
  /** Read and of a later time than was asked for. */
  let ahead: StoredMessage | null = null;
  let compared = false;
  const next = async (): Promise<StoredMessage | null> => {
    reader ??= readStream(journal, { stream: FEATURES, fromSeq, filterSubjects: [subject], signal });
    const read = ahead ?? ((await reader.next()).value as StoredMessage | undefined) ?? null;
    ahead = null;
    return read;
  };
  return {
    /** False when there is nothing to hold it against. Throws CorruptError when the frame published for this time differs. */
    async isEqual(bytes: Uint8Array, ts: number): Promise<boolean> {
      for (;;) {
        const stored = await next();
        if (stored === null) return false; // stopped
        if (Buffer.compare(stored.data, bytes) === 0) return (compared = true); // as nearly always: nothing is parsed
        const frame = parseFrame(stored.data);
        if (frame.ts < ts) continue; // retention kept frames that the feed no longer explains
        if (frame.ts > ts && !compared) ahead = stored; // retention took the one that was published for this time
        if (ahead !== null || frame.schema !== schema) return false;
        throw new CorruptError(
          `${subject}: the frame of ${ts} recomputed from the feed differs from the one published (${frame.ts})`,
          'The feature code changed without its version, or the feed was altered. Nothing is published until this is understood.',
        );
      }
    },
    async close(): Promise<void> {
      await reader?.return(undefined);
    },
  };
}
