/**
 * When a process that ended is started again, or that it isn't. Pure but for what it remembers.
 *
 * 1. After a jittered back-off, 0.1 s doubling to 5 s (to 0.2 s after a kill); after 2 s of life it begins anew.
 * 2. Exit codes 2 and 4 of a service (refused, corrupt) are verdicts: it isn't. So are MAX_CRASHES other exits in a row;
 *    a server that is away (code 75) is waited for without end.
 * 3. After code 3 (fenced: another writer) no sooner than 5 s later.
 */
import { type BackoffOptions, backoffMs } from './backoff.ts';

const RESTART: Omit<BackoffOptions, 'random'> = { firstMs: 100, mostMs: 5_000 };
/** After a kill nothing says that the next start would fail too, so it is soon; a machine without memory still gets a pause. */
const KILLED_MOST_MS = 200;
const HEALTHY_AFTER_MS = 30_000;
/** A process that lived this long isn't in a tight loop: the next restart is quick. */
const QUICK_AFTER_MS = 2_000;
const FENCED_WAIT_MS = 5_000;
/** About a minute and a half of trying. */
export const MAX_CRASHES = 20;
const FENCED = 3;
const AWAY = 75;
const VERDICTS = new Set([2, 4]);

export interface Ending {
  readonly livedMs: number;
  /** null: a signal ended it. */
  readonly code: number | null;
}
export interface Restarts {
  /** Exits in a row, this one included; and ms until the next start, null for a verdict. */
  after(ending: Ending): { readonly attempt: number; readonly waitMs: number | null };
  /** Granted so far. */
  count(): number;
}

/** `speaksExitCodes`: its exit codes are those of errors.ts. */
export function createRestarts(speaksExitCodes: boolean, random: () => number): Restarts {
  let attempt = 0;
  let crashes = 0;
  let count = 0;
  return {
    after({ livedMs, code }) {
      if (livedMs >= QUICK_AFTER_MS) attempt = 0;
      if (livedMs >= HEALTHY_AFTER_MS) crashes = 0;
      const told = speaksExitCodes ? code : null;
      if (code !== null && told !== AWAY) crashes += 1; // a signal comes from outside: somebody's kill, or the machine's
      if ((told !== null && VERDICTS.has(told)) || crashes >= MAX_CRASHES) return { attempt: attempt + 1, waitMs: null };
      const mostMs = code === null ? KILLED_MOST_MS : RESTART.mostMs;
      const waitMs = Math.max(backoffMs(attempt, { ...RESTART, mostMs, random }), told === FENCED ? FENCED_WAIT_MS : 0);
      attempt += 1;
      count += 1;
      return { attempt, waitMs };
    },
    count: () => count,
  };
}
