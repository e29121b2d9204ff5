import { describe, expect, it } from 'vitest';
import { decide, fairShare } from './share.ts';

const UNIVERSES = ['a', 'b', 'c', 'd', 'e'];
const keys = (workers: number, held: string): Set<string> => new Set([...Array.from({ length: workers }, (_, i) => `worker.${i}`), ...[...held].map((name) => `universe.${name}`)]);

describe('shares of universes', () => {
  it('are fair, and never less than one', () => {
    expect([[8, 3], [8, 1], [1, 4], [5, 0]].map(([universes, workers]) => fairShare(universes!, workers!))).toEqual([3, 8, 1, 5]);
  });
  it('claims what is free, up to the share, each worker from a place of its own', () => {
    expect(decide(UNIVERSES, [], keys(2, ''), 0)).toEqual({ claim: ['a', 'b', 'c'], release: [] });
    expect(decide(UNIVERSES, [], keys(2, 'd'), 3)).toEqual({ claim: ['e', 'a', 'b'], release: [] });
    expect(decide(UNIVERSES, ['a', 'b'], keys(2, 'abcde'), 0)).toEqual({ claim: [], release: [] });
  });
  it('gives back what is too much when one comes, the newest first', () => {
    expect(decide(UNIVERSES, ['e', 'a', 'b', 'c', 'd'], keys(2, 'abcde'), 0)).toEqual({ claim: [], release: ['c', 'd'] });
  });
});
