/**
 * The RxJS operator over the frame engine: sequenced feed messages in, frames with the sequence of their last input out.
 * What the engine throws goes downstream as an error, at once: RxJS would throw it later, where nobody can tell what it was.
 */
import { Observable, type OperatorFunction, Subject } from 'rxjs';
import type { EngineFrame, FrameEngine } from '../../quant/frames/engine.ts';
import type { FeedMessage } from '../../streams/messages/feed.ts';

export interface Sequenced { readonly seq: number; readonly message: FeedMessage }
/** `inputSeq` is the feed sequence of the frame's last input; the message that closed it comes after. */
export interface SequencedFrame { readonly inputSeq: number; readonly frame: EngineFrame }

export function toFrames(engine: FrameEngine): OperatorFunction<Sequenced, SequencedFrame> {
  return (source) => new Observable((subscriber) =>
    source.subscribe({
      next: ({ seq, message }) => {
        try {
          for (const frame of engine.push(message)) subscriber.next({ inputSeq: seq - 1, frame });
        } catch (error) {
          subscriber.error(error);
        }
      },
      error: (error) => subscriber.error(error),
      complete: () => subscriber.complete(),
    }));
}

/** One message in, the frames that it closed out. Throws what the engine throws. */
export function createFrameInput(engine: FrameEngine): (message: Sequenced) => SequencedFrame[] {
  const frames: SequencedFrame[] = [];
  const input = new Subject<Sequenced>();
  let failure: unknown = null;
  input.pipe(toFrames(engine)).subscribe({ next: (frame) => frames.push(frame), error: (error) => (failure = error) });
  return (message) => {
    input.next(message);
    if (failure !== null) throw failure;
    return frames.splice(0);
  };
}
