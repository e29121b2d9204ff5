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
/** Publishes that leave in one write: the first ones of a round, forecasts, don't wait until the last, prices, are made. */
const WRITE = 20;
const ACK_TIMEOUT_MS = 2_000;

export interface Publisher {
  offer(update: Update): void;
  /** One round over what is held. Nothing is sent while the server is away: the client would buffer it. */
  publish(): Promise<void>;
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
    if (stored && held.get(subject) === body) held.delete(subject);
    return stored;
  };
  return {
    offer: ({ subject, body }) => void held.set(subject, body),
    async publish() {
      const round = [...held];
      for (let i = 0; i < round.length && !journal.isAway(); i += WINDOW) {
        const acks: Promise<boolean>[] = [];
        for (const [subject, body] of round.slice(i, i + WINDOW)) {
          acks.push(send(subject, body));
          if (acks.length % WRITE === 0) await null; // the client writes when the code that sends has given way
        }
        onStored((await Promise.all(acks)).filter(Boolean).length);
      }
    },
  };
}
