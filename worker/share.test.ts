import { describe, expect, it } from 'vitest';
import { decide, partOf, universeKey, workerId, workerKey } from './share.ts';

const UNIVERSES = ['a', 'b', 'c', 'd', 'e'];
const id = (n: number): string => workerId(n, `12345678-1234-4123-8123-${String(n).padStart(12, '0')}`);
const keys = (workers: number, held: string): Set<string> => new Set([...Array.from({ length: workers }, (_, i) => workerKey(id(i))), ...[...held].map(universeKey)]);
const parts = (universes: number, workers: number): number[] => Array.from({ length: workers }, (_, i) => partOf(id(i), universes, keys(workers, '')));

describe('parts of universes', () => {
  it('are as equal as can be, and add up to all', () => {
    expect([parts(8, 3), parts(8, 1), parts(4, 3), parts(1, 4)]).toEqual([[3, 3, 2], [8], [2, 1, 1], [1, 0, 0, 0]]);
  });
  it('count the one who asks, whether or not its key stands', () => {
    expect(partOf(id(7), 5, new Set())).toBe(5);
    expect(partOf(id(7), 5, keys(1, ''))).toBe(2);
  });
  it('of the others grow when one goes; when one comes, they shrink by no more than its part', () => {
    for (let universes = 1; universes < 14; universes += 1) {
      for (let workers = 1; workers < 6; workers += 1) {
        const after = parts(universes, workers + 1);
        const moved = parts(universes, workers).reduce((sum, part, i) => sum + Math.max(0, part - after[i]!), 0);
        expect(moved, `${universes} universes, ${workers} workers and one that comes`).toBe(after.at(-1)!);
        const gone = [...keys(workers + 1, '')].map((_, dead) => [...keys(workers + 1, '')].filter((__, i) => i !== dead));
        for (const rest of gone) for (let i = 0; i <= workers; i += 1) if (rest.includes(workerKey(id(i)))) expect(partOf(id(i), universes, new Set(rest))).toBeGreaterThanOrEqual(after[i]!);
      }
    }
  });
  it('are claimed from what is free, each worker from a place of its own', () => {
    expect(decide(id(0), UNIVERSES, [], keys(2, ''))).toEqual({ claim: ['a', 'b', 'c'], release: [] });
    expect(decide(id(3), UNIVERSES, [], keys(1, 'd'))).toEqual({ claim: ['e', 'a'], release: [] });
    expect(decide(id(1), UNIVERSES, ['a', 'b'], keys(2, 'abcde'))).toEqual({ claim: [], release: [] });
  });
  it('are given back where they are too much, the newest first', () => {
    expect(decide(id(0), UNIVERSES, ['e', 'a', 'b', 'c', 'd'], keys(2, 'abcde'))).toEqual({ claim: [], release: ['c', 'd'] });
  });
  it('leave nobody idle beside one who holds two', () => {
    const four = ['a', 'b', 'c', 'd'];
    expect([decide(id(0), four, ['a', 'b'], keys(3, 'abcd')), decide(id(1), four, ['c', 'd'], keys(3, 'abcd'))].map(({ release }) => release)).toEqual([[], ['d']]);
    expect(decide(id(2), four, [], keys(3, 'abc')).claim).toEqual(['d']);
  });
});
