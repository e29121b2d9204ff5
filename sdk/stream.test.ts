import { expect, test } from 'vitest';
import { BACKOFF_FIRST_MS, BACKOFF_MAX_MS, backoffMs } from './stream.ts';

test('the wait doubles to its limit and is never a fixed one', () => {
  expect([0, 1, 2].map((attempt) => backoffMs(attempt, 0))).toEqual([BACKOFF_FIRST_MS / 2, BACKOFF_FIRST_MS, BACKOFF_FIRST_MS * 2]);
  expect(backoffMs(3, 0.5)).toBeGreaterThan(backoffMs(3, 0));
  for (const attempt of [10, 1_000, Number.MAX_SAFE_INTEGER]) expect(backoffMs(attempt, 0.999)).toBeLessThanOrEqual(BACKOFF_MAX_MS);
});
