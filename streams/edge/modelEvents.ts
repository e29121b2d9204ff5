/**
 * The MODELS events of a universe, followed as they come.
 *
 * 1. An event that can't be read is told and passed over: those after it count.
 * 2. When following ends for any reason but the abort, `events` and `next()` throw: nobody goes on with an old champion.
 */
import { messageOf, RefusedError } from '../../runtime/errors.ts';
import type { Journal } from '../journal.ts';
import { readStream } from './consume.ts';
import { lastOfSubject } from './stored.ts';
import { type ModelEvent, parseModelEvent } from '../messages/model.ts';
import { MODELS } from '../streams.ts';
import { modelsSubject } from '../subjects.ts';

export interface ModelEvents {
  /** In stream order, all that were stored when this was opened and those that came since. */
  readonly events: readonly ModelEvent[];
  /** Stream sequence of the newest one; 0 before the first. */
  lastSeq(): number;
  /** Resolves at the next event, or when the signal aborts. */
  next(): Promise<void>;
}

export async function followModelEvents(journal: Journal, universe: string, signal: AbortSignal): Promise<ModelEvents> {
  const subject = modelsSubject(universe);
  const events: ModelEvent[] = [];
  let seq = 0;
  let wake = Promise.withResolvers<void>();
  let failure: unknown = null;
  const last = (await lastOfSubject(journal, MODELS, subject))?.seq ?? 0;
  const caughtUp = Promise.withResolvers<void>();
  if (last === 0) caughtUp.resolve();
  const follow = async (): Promise<void> => {
    for await (const stored of readStream(journal, { stream: MODELS, fromSeq: 1, filterSubjects: [subject], signal })) {
      try {
        events.push(parseModelEvent(stored.data));
      } catch (error) {
        if (!(error instanceof RefusedError)) throw error;
        journal.log.error({ seq: stored.seq, hint: 'Events are written by foretick alone; see who else may publish to MODELS.' }, `passed over an event that can't be read: ${messageOf(error)}`);
      }
      seq = stored.seq;
      if (seq >= last) caughtUp.resolve();
      wake.resolve();
      wake = Promise.withResolvers<void>();
    }
    caughtUp.resolve();
    wake.resolve();
  };
  follow().catch((error: unknown) => {
    failure = error;
    caughtUp.reject(error);
    wake.resolve();
  });
  await caughtUp.promise;
  const orThrow = <T>(value: T): T => {
    if (failure !== null) throw failure;
    return value;
  };
  return {
    get events() {
      return orThrow(events);
    },
    lastSeq: () => seq,
    next: async () => {
      orThrow(null);
      await wake.promise;
      orThrow(null);
    },
  };
}
