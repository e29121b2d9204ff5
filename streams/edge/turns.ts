/**
 * Turns of the event loop, shared by all readers of a process. Without them, messages that have arrived are worked through to the
 * last: ten thousand between two turns, and on a busy machine no lease was renewed and no health answered for six seconds.
 */
import { setImmediate } from 'node:timers/promises';

/** At most so long without a turn. */
const TURN_MS = 16;

/** The one that runs: since its first message, until everything else had its own. */
let turn: { readonly sinceMs: number; readonly ends: Promise<void> } | null = null;

/** null: go on. Else it resolves when everything else had its turn. */
export function nextTurn(): Promise<void> | null {
  const nowMs = performance.now();
  turn ??= { sinceMs: nowMs, ends: setImmediate().then(() => void (turn = null)) };
  return nowMs - turn.sinceMs < TURN_MS ? null : turn.ends;
}
