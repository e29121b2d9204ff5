/**
 * Pulls of one reader, over one inbox that lives as long as the reader. The client's own fetch subscribes, watches the connection and
 * sets timers anew for each pull, and makes an object with a parsed place of each message (docs/DECISIONS.md, 73).
 *
 * Messages come in the order in which the server sent them, whichever pull asked for them: one that comes after its pull was given up is
 * the first of the next.
 */
import { createInbox, type Msg, type NatsConnection, TimeoutError } from '@nats-io/transport-node';
import type { Delivered, PullLimit } from '../journal.ts';
import type { LostAnswers } from './lostAnswers.ts';
import { placeOf } from './place.ts';
import { nextTurn } from './turns.ts';

/** Of a pull by bytes; without a number the server gives one. */
const MOST_BY_BYTES = 100;
/** The server ends a pull in time; its word may be this late, ms, and then there is no such reader or no way to it. */
const LATE_MS = 1_000;
/** Between two turns (turns.ts). */
const MOST_AT_ONCE = 16;
const BYTES_AT_ONCE = 64 * 1_024;
const NS_PER_MS = 1e6;
/** Ends of a pull as they should be: its time is over; what is next doesn't fit in the bytes; there was as much as asked for. */
const TIME_OVER = 408;
const IS_FULL = /exceeds maxbytes|batch completed/i;

export interface Pulls {
  /** What has arrived. Ends when as many came, or when the server has answered. Throws when the reader or the connection is lost, or nothing is heard. */
  pull(limit: PullLimit, expiresMs: number, signal?: AbortSignal): AsyncGenerator<readonly Delivered[]>;
  close(): void;
}

export interface PullsOptions { readonly nc: NatsConnection; readonly inboxPrefix: string; readonly lost: LostAnswers; readonly stream: string; readonly consumer: string }

export function openPulls({ nc, inboxPrefix, lost, stream, consumer }: PullsOptions): Pulls {
  const inbox = createInbox(inboxPrefix);
  const came = createArrivals();
  let pulls = 0;
  const subscription = nc.subscribe(`${inbox}.*`, {
    callback(error, message) {
      if (error !== null) came.end(error);
      else if (!message.subject.startsWith(inbox)) came.put(message);
      else if (message.subject === `${inbox}.${pulls}`) came.end(failureOf(message)); // an older pull's end says nothing of this one
    },
  });
  const ask = (limit: PullLimit, expiresMs: number): void => {
    nc.publish(`$JS.API.CONSUMER.MSG.NEXT.${stream}.${consumer}`, JSON.stringify({ batch: mostOf(limit), ...('bytes' in limit ? { max_bytes: limit.bytes } : {}), expires: expiresMs * NS_PER_MS }), { reply: `${inbox}.${++pulls}` });
  };

  return {
    async *pull(limit, expiresMs, signal) {
      came.begin();
      ask(limit, expiresMs);
      const answered = lost.watch(came.end);
      const stop = (): void => came.end(null);
      signal?.addEventListener('abort', stop);
      const silence = watchSilence(came.heardMs, expiresMs + LATE_MS, () => came.end(new TimeoutError()));
      try {
        for (let left = mostOf(limit); left > 0;) {
          if (signal?.aborted) return;
          const messages = await came.next(left);
          if (messages === null) return;
          left -= messages.length;
          const turn = nextTurn();
          if (turn !== null) await turn;
          yield messages.map(toDelivered);
        }
      } finally {
        silence.stop();
        signal?.removeEventListener('abort', stop);
        answered();
      }
    },
    close: () => subscription.unsubscribe(),
  };
}

const mostOf = (limit: PullLimit): number => ('bytes' in limit ? MOST_BY_BYTES : limit.messages);

function toDelivered(message: Msg): Delivered {
  const { seq, deliverySeq } = placeOf(message.reply ?? '');
  return { seq, deliverySeq, subject: message.subject, data: message.data, header: (name) => message.headers?.get(name) || undefined };
}

/** null: a pull ends as it should. */
function failureOf({ headers }: Msg): Error | null {
  const [code, description] = [headers?.code ?? 0, headers?.description ?? ''];
  return code === TIME_OVER || IS_FULL.test(description) ? null : new Error(`the server ends a pull with ${code} ${description}`);
}

/** Messages that came and were not taken; after them the end of the pull. As many as pulls asked for, at most. */
function createArrivals() {
  const waiting: Msg[] = [];
  let end: { readonly failure: Error | null } | null = null;
  let wake = (): void => undefined;
  let heardMs = 0;

  /** The first few, so that others have their turn after them. */
  const take = (most: number): Msg[] => {
    let [count, bytes] = [0, 0];
    while (count < Math.min(most, MOST_AT_ONCE, waiting.length) && bytes < BYTES_AT_ONCE) bytes += waiting[count++]!.data.length;
    return waiting.splice(0, count);
  };
  return {
    heardMs: () => heardMs,
    begin(): void {
      end = null;
      heardMs = performance.now();
    },
    put(message: Msg): void {
      heardMs = performance.now();
      waiting.push(message);
      wake();
    },
    end(failure: Error | null): void {
      end ??= { failure };
      wake();
    },
    /** Waits for some. null at the end of the pull; throws what ended it too early. */
    async next(most: number): Promise<Msg[] | null> {
      while (waiting.length === 0) {
        if (end?.failure) throw end.failure;
        if (end !== null) return null;
        await new Promise<void>((resolve) => (wake = resolve));
      }
      return take(most);
    },
  };
}

/** Calls `tell` when nothing was heard for `limitMs`. */
function watchSilence(heardMs: () => number, limitMs: number, tell: () => void): { stop(): void } {
  let timer: NodeJS.Timeout;
  const look = (): void => {
    const leftMs = heardMs() + limitMs - performance.now();
    if (leftMs <= 0) tell();
    else timer = setTimeout(look, leftMs);
  };
  look();
  return { stop: () => clearTimeout(timer) };
}
