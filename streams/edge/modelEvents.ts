/** The MODELS events of a universe, followed as they come. */
import type { Connection } from './connect.ts';
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

export async function followModelEvents(connection: Connection, universe: string, signal: AbortSignal): Promise<ModelEvents> {
  const subject = modelsSubject(universe);
  const events: ModelEvent[] = [];
  let seq = 0;
  let wake = Promise.withResolvers<void>();
  const last = (await lastOfSubject(connection, MODELS, subject))?.seq ?? 0;
  const caughtUp = Promise.withResolvers<void>();
  if (last === 0) caughtUp.resolve();
  const follow = async (): Promise<void> => {
    for await (const stored of readStream(connection, { stream: MODELS, fromSeq: 1, filterSubjects: [subject], signal })) {
      events.push(parseModelEvent(stored.data));
      seq = stored.seq;
      if (seq >= last) caughtUp.resolve();
      wake.resolve();
      wake = Promise.withResolvers<void>();
    }
    caughtUp.resolve();
    wake.resolve();
  };
  follow().catch(caughtUp.reject);
  await caughtUp.promise;
  return { events, lastSeq: () => seq, next: () => wake.promise };
}
