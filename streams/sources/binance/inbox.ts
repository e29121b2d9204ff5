/**
 * Between the socket, which can't be told to wait, and the reader, which may be slow. Bounded.
 *
 *  1. Order is kept. Below the capacity nothing is lost.
 *  2. Once full, everything is dropped and counted until half of it is read: one long gap, not a thousand short ones.
 *  3. A drop is always followed by a `gap` status, and by the last connection status if that was among the dropped.
 */
import type { Status } from '../../messages/control.ts';
import type { Quote, Trade } from '../../messages/tick.ts';

export type Incoming = Trade | Quote | Status;
export interface Inbox {
  /** False: it was dropped. */
  push(message: Incoming): boolean;
  /** The oldest messages, at most `max`. nowUs stamps the gap, where there is one to report. */
  take(max: number, nowUs: number): Incoming[];
  /** Resolves with the next push. */
  arrival(): Promise<void>;
}

/** How far the read part may grow before its memory is given back. */
const COMPACT_AT = 16_384;

export function createInbox(capacity: number): Inbox {
  let items: Incoming[] = [];
  let head = 0;
  let overflow: { fromUs: number; dropped: number; lastLink: Status | null } | null = null;
  let waiting: PromiseWithResolvers<void> | null = null;

  const append = (message: Incoming): void => {
    items.push(message);
    waiting?.resolve();
    waiting = null;
  };
  const reopen = (nowUs: number): void => {
    if (overflow === null || items.length - head > capacity / 2) return;
    const { fromUs, dropped, lastLink } = overflow;
    overflow = null;
    append({ v: 1, type: 'status', tsInit: nowUs, status: { kind: 'gap', from: fromUs, to: nowUs, reason: `the reader was too slow: ${dropped} messages dropped` } });
    if (lastLink !== null) append({ ...lastLink, tsInit: nowUs });
  };

  return {
    push(message) {
      if (overflow === null && items.length - head >= capacity) overflow = { fromUs: message.tsInit, dropped: 0, lastLink: null };
      if (overflow === null) {
        append(message);
        return true;
      }
      overflow.dropped++;
      if (message.type === 'status' && (message.status.kind === 'connected' || message.status.kind === 'disconnected')) overflow.lastLink = message;
      return false;
    },
    take(max, nowUs) {
      reopen(nowUs);
      const taken = items.slice(head, head + max);
      head += taken.length;
      if (head === items.length || head >= COMPACT_AT) {
        items = items.slice(head);
        head = 0;
      }
      return taken;
    },
    arrival() {
      if (items.length > head) return Promise.resolve();
      waiting ??= Promise.withResolvers<void>();
      return waiting.promise;
    },
  };
}
