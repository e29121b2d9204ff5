/**
 * Between the sockets, which can't be told to wait, and the reader, which may be slow. Bounded. Each venue has an entrance
 * with room of its own: a flood at one takes nothing from the others.
 *
 *  1. Order is kept, over all entrances: it is the order of arrival. Below the capacity nothing is lost.
 *  2. Once an entrance's room is full, everything there is dropped and counted until half of it is read: one long gap, not
 *     a thousand short ones.
 *  3. A drop is always followed by the venue's `gap` status, and by its last connection status if that was among the dropped.
 */
import type { Status } from '../../messages/control.ts';
import type { Quote, Trade } from '../../messages/tick.ts';

export type Incoming = Trade | Quote | Status;
export interface Entrance {
  /** False: it was dropped. */
  push(message: Incoming): boolean;
}
export interface Inbox {
  entrance(venue: string): Entrance;
  /** The oldest messages, at most `max`. nowUs stamps the gaps, where there are some to report. */
  take(max: number, nowUs: number): Incoming[];
  /** Resolves with the next push, or when it is asked again: one that stayed open over many waits would keep something of each. */
  arrival(): Promise<void>;
}

interface Lane {
  readonly venue: string;
  /** In the queue now. */
  waiting: number;
  overflow: { readonly fromUs: number; dropped: number; lastLink: Status | null } | null;
}

/** `capacity` is each entrance's. */
export function createInbox(capacity: number): Inbox {
  const lanes: Lane[] = [];
  const queue = createQueue<{ readonly lane: Lane; readonly message: Incoming }>();

  const append = (lane: Lane, message: Incoming): void => {
    lane.waiting++;
    queue.push({ lane, message });
  };
  const reopen = (lane: Lane, nowUs: number): void => {
    if (lane.overflow === null || lane.waiting > capacity / 2) return;
    const { fromUs, dropped, lastLink } = lane.overflow;
    lane.overflow = null;
    append(lane, { v: 1, type: 'status', tsInit: nowUs, status: { kind: 'gap', venue: lane.venue, from: fromUs, to: nowUs, reason: `the reader was too slow: ${dropped} messages dropped` } });
    if (lastLink !== null) append(lane, { ...lastLink, tsInit: nowUs });
  };
  const push = (lane: Lane, message: Incoming): boolean => {
    if (lane.overflow === null && lane.waiting >= capacity) lane.overflow = { fromUs: message.tsInit, dropped: 0, lastLink: null };
    if (lane.overflow === null) {
      append(lane, message);
      return true;
    }
    lane.overflow.dropped++;
    if (message.type === 'status' && (message.status.kind === 'connected' || message.status.kind === 'disconnected')) lane.overflow.lastLink = message;
    return false;
  };

  return {
    entrance(venue) {
      const lane: Lane = { venue, waiting: 0, overflow: null };
      lanes.push(lane);
      return { push: (message) => push(lane, message) };
    },
    take(max, nowUs) {
      for (const lane of lanes) reopen(lane, nowUs);
      return queue.take(max).map(({ lane, message }) => {
        lane.waiting--;
        return message;
      });
    },
    arrival: queue.arrival,
  };
}

/** How far the read part may grow before its memory is given back. */
const COMPACT_AT = 16_384;

function createQueue<T>() {
  let items: T[] = [];
  let head = 0;
  let waiting: PromiseWithResolvers<void> | null = null;
  return {
    push(item: T): void {
      items.push(item);
      waiting?.resolve();
      waiting = null;
    },
    take(max: number): T[] {
      const taken = items.slice(head, head + max);
      head += taken.length;
      if (head === items.length || head >= COMPACT_AT) {
        items = items.slice(head);
        head = 0;
      }
      return taken;
    },
    /** Resolves at once while something waits. */
    arrival(): Promise<void> {
      if (items.length > head) return Promise.resolve();
      waiting?.resolve();
      waiting = Promise.withResolvers<void>();
      return waiting.promise;
    },
  };
}
