/**
 * Turns of the event loop, shared by all readers of a process. Without them, messages that have arrived are worked through to the
 * last: ten thousand between two turns, and on a busy machine no lease was renewed and no health answered for six seconds.
 */
import { setImmediate } from 'node:timers/promises';

/** At most so long without a turn. */
const TURN_MS = 20;

let turn: Promise<void> | null = null;
let sinceMs = 0;

/** null: go on. Else it resolves when everything else had its turn. */
export function nextTurn(): Promise<void> | null {
  if (turn === null && performance.now() - sinceMs < TURN_MS) return null;
  turn ??= setImmediate().then(() => {
    turn = null;
    sinceMs = performance.now();
  });
  return turn;
}
