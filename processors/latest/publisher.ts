/**
 * Publishes the newest value of each subject. One entry a subject is held until its ack: a value that could not be stored
 * is tried again in the next round, unless a newer one has replaced it.
 */
import { crashPoint } from '../../runtime/crashPoint.ts';
import { denialOf } from '../../streams/edge/retry.ts';
import type { Journal } from '../../streams/journal.ts';
import type { Update } from './newest.ts';

/** Publishes that wait for their acks at once. */
const WINDOW = 200;
/** Publishes that leave in one write: the first ones of a large round are on their way while the last are made. Each write wakes the server. */
const WRITE = 25;
const ACK_TIMEOUT_MS = 2_000;

export interface Publisher {
  /** One round: what is new, and what is still held. Nothing is sent while the server is away: the client would buffer it. */
  publish(updates: Iterable<Update>): Promise<void>;
}

export function createPublisher(journal: Pick<Journal, 'append' | 'isAway'>, onStored: (count: number) => void): Publisher {
  const held = new Map<string, Uint8Array>();
  const send = async (subject: string, body: Uint8Array): Promise<boolean> => {
    crashPoint('latest.publish.before');
    const stored = await journal.append(subject, body, { timeoutMs: ACK_TIMEOUT_MS }).then(() => true, (error: unknown) => {
      const denial = denialOf(error);
      if (denial !== null) throw denial;
      return false;
    });
    crashPoint('latest.publish.after');
    if (stored) held.delete(subject);
    return stored;
  };
  /** What is new is held as it comes; then what was held before and isn't replaced. */
  function* round(updates: Iterable<Update>): Generator<Update> {
    const before = [...held];
    for (const update of updates) {
      held.set(update.subject, update.body);
      yield update;
    }
    for (const [subject, body] of before) if (held.get(subject) === body) yield { subject, body };
  }
  return {
    async publish(updates) {
      let acks: Promise<boolean>[] = [];
      const settle = async (): Promise<void> => {
        onStored((await Promise.all(acks)).filter(Boolean).length);
        acks = [];
      };
      for (const { subject, body } of round(updates)) {
        if (journal.isAway()) continue;
        acks.push(send(subject, body));
        if (acks.length % WRITE === 0) await null; // the client writes when the code that sends has given way
        if (acks.length === WINDOW) await settle();
      }
      await settle();
    },
  };
}
