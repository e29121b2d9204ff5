import { describe, expect, it } from 'vitest';
import { inside, mergeJudged, resumeFrom, tally, type Judged } from './judged.ts';

const row = (second: number, realisedBps: number | null, more: Partial<Judged> = {}): Judged => ({
  frameTs: second * 1_000_000, horizonMs: 1_000, role: 'champion', model: 'm', late: false, refPrice: 1, retBps: 1, loBps: -2, hiBps: 4, pUp: 0.6, realisedBps, ...more,
});

describe('merging', () => {
  it('matures pending rows, adds new ones, and keeps the newest', () => {
    const merged = mergeJudged([row(1, 5), row(2, null)], [row(3, null), row(2, 7)], 2);
    expect(merged.map(({ frameTs, realisedBps }) => [frameTs / 1_000_000, realisedBps])).toEqual([[2, 7], [3, null]]);
  });
  it('never takes an outcome back', () => {
    expect(mergeJudged([row(2, 7)], [row(2, null)], 9)[0]?.realisedBps).toBe(7);
  });
  it('keeps the list itself when there is no news', () => {
    const rows = [row(1, 5)];
    expect(mergeJudged(rows, [], 9)).toBe(rows);
  });
});

describe('asking again', () => {
  it('begins at the oldest that should still mature', () => {
    expect(resumeFrom([row(1, 0), row(2, null), row(3, null)], 1_000)).toBe(2_000_000);
    expect(resumeFrom([row(1, 0), row(2, 0)], 1_000)).toBe(2_000_000);
    expect(resumeFrom([], 1_000)).toBeUndefined();
  });
  it('does not wait for what never matures', () => {
    expect(resumeFrom([row(1, null), row(100, null)], 1_000)).toBe(100_000_000);
    expect(resumeFrom([row(1, null, { retBps: null }), row(2, null)], 1_000)).toBe(2_000_000);
  });
});

it('counts the edge of an interval as inside', () => {
  expect([-2.1, -2, 4, 4.1, null].map((realised) => inside(row(1, realised)))).toEqual([false, true, true, false, null]);
});

describe('a tally', () => {
  it('is skill against no move, of what matured in time', () => {
    // Errors 0 and −2 against 1 and −1: 1 − (0 + 4) / (1 + 1).
    expect(tally([row(1, 1), row(2, -1), row(3, null), row(4, 50, { late: true })])).toEqual({ matured: 2, inside: 2, skill: -1 });
  });
  it('has no skill where nothing moved', () => {
    expect(tally([row(1, 0)]).skill).toBeNull();
  });
});
