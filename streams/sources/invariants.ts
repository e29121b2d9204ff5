/**
 * Holds a feed to the invariants of source.ts, message by message. For the tests of every source.
 * Bounded: keeps known time, the last clock and the session.
 */
import type { FeedMessage } from '../messages/feed.ts';
import { CLOCK_STEP_US } from '../messages/control.ts';
import { MAX_FILL_US } from './clockGrid.ts';

export interface FeedInvariants {
  /** Throws Error where a message breaks an invariant. */
  push(message: FeedMessage): void;
  /** Throws Error when the feed may not end here. `bounded`: it must have said `end`. */
  finish(bounded: boolean): void;
}

export function createFeedInvariants(): FeedInvariants {
  let known = -1;
  let lastClock = -1;
  let count = 0;
  let ended = false;
  /** Null: this feed has no sessions. */
  let sessionOpen: boolean | null = null;

  const check = (holds: boolean, message: FeedMessage, why: string): void => {
    if (!holds) throw new Error(`message ${count}, ${JSON.stringify(message)}: ${why} (known time ${known}, last clock ${lastClock})`);
  };

  return {
    push(message) {
      count++;
      check(!ended, message, 'after `end`');
      check(count > 1 || (message.type === 'status' && message.status.kind === 'connected'), message, 'the first message is not `connected`');
      check(message.tsInit >= known, message, 'behind known time');
      if (message.type === 'clock') {
        check(message.tsInit % CLOCK_STEP_US === 0 && message.tsInit > lastClock, message, 'a clock off the grid, or twice');
        check(sessionOpen !== false, message, 'a clock outside a session');
        check(message.tsInit - known <= CLOCK_STEP_US, message, 'a clock was left out, or filled in across a jump');
        lastClock = message.tsInit;
      } else if (message.type === 'status') {
        if (message.status.kind === 'sessionOpen') sessionOpen = true;
        if (message.status.kind === 'sessionClose') sessionOpen = false;
        ended = message.status.kind === 'end';
      } else {
        check(sessionOpen !== false, message, 'a tick outside a session');
        const grid = Math.floor(message.tsInit / CLOCK_STEP_US) * CLOCK_STEP_US;
        check(grid <= known || grid === lastClock || message.tsInit - known > MAX_FILL_US, message, 'its clock is missing');
      }
      known = message.tsInit;
    },
    finish(bounded) {
      if (bounded && !ended) throw new Error(`the feed stopped after ${count} messages without \`end\``);
    },
  };
}
