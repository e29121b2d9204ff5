import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { UniverseConfig, WorkPlan } from '../runtime/config.ts';
import type { Leases } from '../streams/edge/leases.ts';
import type { UniverseRun } from './universeRun.ts';
import { silentLog } from '../tests/support/context.ts';
import { createRound } from './worker.ts';

/** What a question to the server takes where everybody waits for a processor, ms. */
const BUSY_MS = 300;
const NAMES = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'];
const slowly = <T>(answer: T): Promise<T> => new Promise((resolve) => setTimeout(() => resolve(answer), BUSY_MS));

function busy(hold: (key: string) => Promise<boolean>) {
  const held = new Map<string, UniverseRun>();
  const leases: Leases = { hold, keys: () => slowly(new Set(['worker.00000000'])), release: async () => undefined };
  const round = createRound({
    plan: { universes: NAMES.map((name) => ({ name }) as UniverseConfig) } as WorkPlan, id: '00000000', leases, held, leaving: new Set(),
    drop: async () => undefined, log: silentLog, failed: () => undefined,
    start: async (name) => void held.set(name, await slowly({} as UniverseRun)),
  });
  return { held, round };
}

describe('a round of a worker', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it('claims all its universes in the time of one: what it holds must be renewed again before it lapses', async () => {
    const { held, round } = busy(() => slowly(true));
    const began = Date.now();
    const done = round(true).then(() => Date.now() - began);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(await done).toBeLessThanOrEqual(5 * BUSY_MS);
    expect([...held.keys()]).toEqual(NAMES);
  });

  it('a lease that can\'t be given back lapses by itself: the universes that are held go on', async () => {
    const told: string[] = [];
    const failures: unknown[] = [];
    const leases: Leases = { hold: async () => true, keys: async () => new Set(['worker.00000000', 'worker.11111111', 'universe.a', 'universe.b']), release: () => Promise.reject(new Error('timeout')) };
    const round = createRound({
      plan: { universes: [{ name: 'a' }, { name: 'b' }] as UniverseConfig[] } as WorkPlan, id: '11111111', leases, held: new Map(['a', 'b'].map((name) => [name, {} as UniverseRun])), leaving: new Set(),
      drop: async () => undefined, log: { ...silentLog, warn: (_: unknown, text?: string): void => void told.push(String(text)) }, failed: (error) => void failures.push(error), start: async () => undefined,
    });
    await round(true);
    await vi.waitFor(() => expect([...told, ...failures]).toHaveLength(1));
    expect(failures).toEqual([]);
    expect(told[0]).toContain('lapses by itself: timeout');
  });

  it('fails only when no claim is under way any more: the next round must not claim beside it', async () => {
    const { held, round } = busy((key) => (key === 'universe.a' ? Promise.reject(new Error('away')) : slowly(true)));
    const done = round(true).then(() => 'done', (error: Error) => `${error.message}, ${held.size} held`);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(await done).toBe('away, 7 held');
  });
});
