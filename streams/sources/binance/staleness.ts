/**
 * Is a connection still alive? TCP doesn't say: a half-open link looks like a quiet market. Two silences, two limits:
 *
 *  1. nothing at all, not even an answer to our ping: the link is dead;
 *  2. answers to pings but no ticks: the link lives and the subscription is lost.
 *
 * Pure: times come in as µs.
 */
export interface StalenessLimits {
  /** Silence after which we ask. */
  readonly pingAfterMs: number;
  /** Silence after which the link counts as dead. */
  readonly deadAfterMs: number;
  /** Time without a tick after which the subscription counts as lost. */
  readonly quietAfterMs: number;
}
export type Verdict = 'fine' | 'ping' | 'dead' | 'quiet';
export interface Staleness {
  /** A tick arrived. */
  tick(nowUs: number): void;
  /** Anything else arrived: another frame, a ping, a pong. */
  sign(nowUs: number): void;
  /** 'ping' is said once a silence. */
  check(nowUs: number): Verdict;
}

export function createStaleness(limits: StalenessLimits, startUs: number): Staleness {
  let lastSignUs = startUs;
  let lastTickUs = startUs;
  let asked = false;
  const sign = (nowUs: number): void => {
    lastSignUs = nowUs;
    asked = false;
  };
  return {
    sign,
    tick(nowUs) {
      lastTickUs = nowUs;
      sign(nowUs);
    },
    check(nowUs) {
      if (nowUs - lastSignUs >= limits.deadAfterMs * 1_000) return 'dead';
      if (nowUs - lastTickUs >= limits.quietAfterMs * 1_000) return 'quiet';
      if (asked || nowUs - lastSignUs < limits.pingAfterMs * 1_000) return 'fine';
      asked = true;
      return 'ping';
    },
  };
}
