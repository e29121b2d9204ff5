import { describe, expect, it } from 'vitest';
import { createRestarts, MAX_CRASHES } from './restarts.ts';

/** The longest waits that chance allows. */
const waits = (endings: readonly { livedMs?: number; code: number | null }[], speaksExitCodes = true): (number | null)[] => {
  const restarts = createRestarts(speaksExitCodes, () => 1);
  return endings.map(({ livedMs = 10, code }) => restarts.after({ livedMs, code }).waitMs);
};
const times = <T>(n: number, value: T): T[] => Array.from({ length: n }, () => value);

describe('restarts', () => {
  it('come later and later, at most 5 s, and soon again after a life of 2 s', () => {
    expect(waits([...times(8, { code: 1 }), { livedMs: 2_000, code: 1 }])).toEqual([100, 200, 400, 800, 1_600, 3_200, 5_000, 5_000, 100]);
  });
  it('come soon after kills, however many', () => {
    expect(waits(times(40, { code: null })).slice(2)).toEqual(times(38, 200));
  });
  it('wait 5 s for the other writer of one that was fenced', () => expect(waits([{ code: 3 }, { code: 3 }])).toEqual([5_000, 5_000]));
  it('never come after a verdict, where the process speaks our codes', () => {
    expect([waits([{ code: 2 }]), waits([{ code: 4 }])]).toEqual([[null], [null]]);
    expect(waits([{ code: 2 }], false)).toEqual([100]);
  });
  it('end after too many crashes in a row; a life of half a minute forgives them, and a server that is away is none', () => {
    expect(waits(times(MAX_CRASHES, { code: 1 })).indexOf(null)).toBe(MAX_CRASHES - 1);
    expect(waits([...times(MAX_CRASHES - 1, { code: 1 }), { livedMs: 30_000, code: 1 }, { code: 1 }])).not.toContain(null);
    expect(waits(times(100, { code: 75 }))).not.toContain(null);
  });
});
