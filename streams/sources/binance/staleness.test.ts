import { expect, test } from 'vitest';
import { createStaleness } from './staleness.ts';

const LIMITS = { pingAfterMs: 5, deadAfterMs: 15, quietAfterMs: 60 };
const at = (ms: number): number => ms * 1_000;

test('asks once a silence, and gives up when nobody answers', () => {
  const staleness = createStaleness(LIMITS, at(0));
  expect([4, 5, 6, 14, 15].map((ms) => staleness.check(at(ms)))).toEqual(['fine', 'ping', 'fine', 'fine', 'dead']);
});

test('an answer starts a new silence', () => {
  const staleness = createStaleness(LIMITS, at(0));
  expect(staleness.check(at(5))).toBe('ping');
  staleness.sign(at(6));
  expect([10, 11, 20, 21].map((ms) => staleness.check(at(ms)))).toEqual(['fine', 'ping', 'fine', 'dead']);
});

test('answers without ticks: the subscription is lost', () => {
  const staleness = createStaleness(LIMITS, at(0));
  staleness.tick(at(1));
  staleness.sign(at(60));
  expect(staleness.check(at(60.5))).toBe('fine');
  expect(staleness.check(at(61))).toBe('quiet');
  staleness.tick(at(61));
  expect(staleness.check(at(61))).toBe('fine');
});
