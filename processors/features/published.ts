/** After a restart: the frames that are already published, to hold the recomputed ones against. */
import { CorruptError } from '../../runtime/errors.ts';
import type { Journal } from '../../streams/journal.ts';
import { readStream } from '../../streams/edge/consume.ts';
import { parseFrame } from '../../streams/messages/frame.ts';
import { FEATURES } from '../../streams/streams.ts';

export function createPublishedFrames(journal: Journal, subject: string, fromSeq: number, signal: AbortSignal) {
  let reader: ReturnType<typeof readStream> | null = null;
  return {
    /** Throws CorruptError when the next published frame differs. */
    async mustEqual(bytes: Uint8Array, ts: number): Promise<void> {
      reader ??= readStream(journal, { stream: FEATURES, fromSeq, filterSubjects: [subject], signal });
      for (;;) {
        const next = await reader.next();
        if (next.done) return; // stopped
        if (Buffer.compare(next.value.data, bytes) === 0) return; // as nearly always: nothing is parsed
        const frame = parseFrame(next.value.data);
        if (frame.ts < ts) continue; // retention kept frames that the feed no longer explains
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
