/** Frames rebuilt from stored feed messages: the same engine, so the same bytes as live. Messages that live refused are refused here too. */
import { RefusedError } from '../../runtime/errors.ts';
import { type FeedMessage, parseFeedMessage } from '../../streams/messages/feed.ts';
import type { EngineFrame, FrameEngine } from './engine.ts';

export async function* rebuildFrames(
  engine: FrameEngine, chunks: AsyncIterable<readonly { readonly subject: string; readonly body: Uint8Array }[]>,
): AsyncGenerator<EngineFrame> {
  for await (const chunk of chunks) {
    for (const { subject, body } of chunk) {
      const message = parseOrNull(subject, body);
      if (message !== null) yield* engine.push(message);
    }
  }
}

function parseOrNull(subject: string, body: Uint8Array): FeedMessage | null {
  try {
    return parseFeedMessage(subject, body);
  } catch (error) {
    if (error instanceof RefusedError) return null;
    throw error;
  }
}
