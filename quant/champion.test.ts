import { expect, test } from 'vitest';
import type { ModelEvent } from '../streams/messages/model.ts';
import { championAt } from './champion.ts';

const event = (kind: ModelEvent['kind'], model: string, fromFrame: number): ModelEvent => ({
  v: 1, universe: 'u', kind, model, sha256: '0'.repeat(64), fromFrame, who: 'test', why: '', evidence: {}, at: 0,
});

test('nobody serves before a promotion; registering is not serving', () => {
  expect(championAt([], 10)).toBeNull();
  expect(championAt([event('registered', 'a', 0)], 10)).toBeNull();
});

test('an event holds from its frame on, not before', () => {
  const events = [event('promoted', 'a', 5), event('promoted', 'b', 10)];
  expect([4, 5, 9, 10].map((ts) => championAt(events, ts))).toEqual([null, 'a', 'a', 'b']);
});

test('a rollback names the model that serves again', () => {
  expect(championAt([event('promoted', 'a', 1), event('promoted', 'b', 2), event('rolledBack', 'a', 3)], 3)).toBe('a');
});

test('retiring the champion leaves nobody; retiring another changes nothing', () => {
  const events = [event('promoted', 'a', 1)];
  expect(championAt([...events, event('retired', 'b', 2)], 5)).toBe('a');
  expect(championAt([...events, event('retired', 'a', 2)], 5)).toBeNull();
});
