/**
 * How long a virtual source waits before a message, so that known time advances `speed` × wall time. Pure.
 *
 *  1. speed null, or known time before `fastUntil`: no wait.
 *  2. The rest is measured from the first message at or after `fastUntil`, so waits don't add up their errors; who has
 *     fallen behind catches up.
 *  3. A jump of known time above 10 s (a closed market, a gap) is not waited for: the measure starts anew behind it.
 */
import { MAX_FILL_US } from './clockGrid.ts';

export interface Pacer {
  /** Milliseconds until a message with this tsInit (µs) is due; 0 when it is. Called once a message, in order. */
  waitMs(tsInit: number, nowUs: number): number;
}

export function createPacer(speed: number | null, fastUntil: number | null): Pacer {
  let anchor: { knownUs: number; wallUs: number } | null = null;
  let previousUs = 0;
  return {
    waitMs(tsInit, nowUs) {
      if (speed === null || (fastUntil !== null && tsInit < fastUntil)) return 0;
      if (anchor === null || tsInit - previousUs > MAX_FILL_US) anchor = { knownUs: tsInit, wallUs: nowUs };
      previousUs = tsInit;
      const dueUs = anchor.wallUs + (tsInit - anchor.knownUs) / speed;
      return Math.max(0, (dueUs - nowUs) / 1_000);
    },
  };
}
