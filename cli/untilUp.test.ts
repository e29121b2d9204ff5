import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import type { ServiceState } from '../runtime/service.ts';
import { untilUp } from './untilUp.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** Of a start with these services; undefined: it has said nothing yet. */
function start(states: Record<string, ServiceState | undefined>) {
  const warned: string[] = [];
  const abort = new AbortController();
  let over = false;
  const health = (name: string) => (states[name] === undefined ? null : ({ state: states[name] } as never));
  void untilUp(Object.keys(states), { health }, { warn: (text) => void warned.push(text) }, abort.signal).then(() => (over = true));
  return { warned, abort, isOver: async (afterMs: number) => vi.advanceTimersByTimeAsync(afterMs).then(() => over) };
}

it('is over when every service is up', async () => {
  const states: Record<string, ServiceState | undefined> = { source: undefined, gateway: 'starting' };
  const { isOver, warned } = start(states);
  expect(await isOver(5_000)).toBe(false);
  Object.assign(states, { source: 'waiting', gateway: 'running' });
  expect(await isOver(100)).toBe(true);
  expect(warned).toEqual([]);
});

it('says which are late, once, and goes on without them', async () => {
  const { isOver, warned } = start({ source: 'running', features: 'starting', gateway: 'running' });
  expect(await isOver(60_000)).toBe(true);
  expect(warned).toEqual(['still starting: features; `foretick status` shows how far']);
});

it('waits for the gateway as long as it takes, or until it is stopped', async () => {
  const { isOver, warned, abort } = start({ source: undefined, gateway: 'starting' });
  expect(await isOver(600_000)).toBe(false);
  expect(warned).toEqual(['still starting: source, gateway; `foretick status` shows how far']);
  abort.abort();
  expect(await isOver(100)).toBe(true);
});
