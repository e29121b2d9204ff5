import { setImmediate } from 'node:timers/promises';
import { expect, it, vi } from 'vitest';
import { nextTurn } from './turns.ts';

it('lets everything else have a turn after 16 ms of messages, and not before, however long nothing came', async () => {
  let nowMs = 1_000;
  vi.spyOn(performance, 'now').mockImplementation(() => nowMs);
  const after = (ms: number): Promise<void> | null => {
    nowMs += ms;
    return nextTurn();
  };
  expect([after(0), after(15)]).toEqual([null, null]);
  const turn = after(1);
  expect(turn).toBeInstanceOf(Promise);
  expect(after(1)).toBe(turn);
  await turn;
  expect([after(0), after(15)]).toEqual([null, null]);
  await setImmediate(); // the loop went on by itself, and then nothing came for a while
  expect([after(10_000), after(15)]).toEqual([null, null]);
  vi.restoreAllMocks();
});
