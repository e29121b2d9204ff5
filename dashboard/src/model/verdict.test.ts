import { describe, expect, it } from 'vitest';
import type { Score } from '../../../streams/messages/score.ts';
import { askScoresAfterMs, scoreOf, verdictOf } from './verdict.ts';

const score: Score = {
  model: 'ridge-000000000000', role: 'champion', horizonMs: 1_000, symbol: '*', n: 2_400, late: 0, blocks: 40, tooLittleData: false,
  skill: 0.1, skillLo: 0.04, skillHi: 0.16, hitRate: 0.55, baseRate: 0.51, zeroShare: 0, ic: 0.3, coverage: 0.9, intervalScoreBps: 4, rmseBps: 1, naiveRmseBps: 1.05,
};

describe('a verdict', () => {
  it.each([
    ['good', { skillLo: 0.04, skillHi: 0.16 }], ['unclear', { skillLo: -0.01, skillHi: 0.16 }], ['unclear', { skillLo: 0, skillHi: 0.2 }],
    ['bad', { skillLo: -0.3, skillHi: -0.01 }], ['unclear', { skillLo: null, skillHi: null }],
  ])('is %s with the interval %o', (tone, interval) => {
    expect(verdictOf({ ...score, ...interval }).tone).toBe(tone);
  });
  it('shows no number with too little data, however large the number', () => {
    const verdict = verdictOf({ ...score, tooLittleData: true, blocks: 7, skill: 0.9, skillLo: 0.8, skillHi: 0.95 });
    expect(verdict).toMatchObject({ tone: 'none', text: 'too little data', detail: '7 blocks' });
    expect(verdictOf({ ...score, tooLittleData: true, n: 1, blocks: 1 })).toMatchObject({ detail: '1 block', sentence: 'Too little data to judge: 1 matured forecast in 1 independent block.' });
    expect(verdict.sentence).not.toContain('90');
  });
  it('says so when nothing was scored or nothing moved', () => {
    expect(verdictOf(undefined).text).toBe('not scored yet');
    expect(verdictOf({ ...score, skill: null }).text).toBe('nothing moved');
  });
  it('names skill, interval, counts and meaning in its sentence', () => {
    expect(verdictOf(score).sentence).toBe('Skill +10.0 % against the naive forecast (95 % interval +4.0 % to +16.0 %), from 2,400 matured forecasts in 40 independent blocks: better than forecasting no move.');
  });
});

it('finds the champion\'s score, never a challenger\'s', () => {
  const challenger = { ...score, role: 'challenger' as const, skill: 0.5 };
  expect(scoreOf([challenger, score], '*', 1_000)).toBe(score);
  expect(scoreOf([challenger], '*', 1_000)).toBeUndefined();
  expect(scoreOf([score], '*', 5_000)).toBeUndefined();
  expect(scoreOf(undefined, '*', 1_000)).toBeUndefined();
});

it('asks sooner for what has no score yet, the sooner the shorter its horizon', () => {
  expect(askScoresAfterMs(undefined, [1_000, 30_000])).toBe(1_000);
  expect(askScoresAfterMs([score], [1_000, 30_000])).toBe(3_000);
  expect(askScoresAfterMs([score, { ...score, horizonMs: 30_000 }], [1_000, 30_000])).toBe(10_000);
  expect(askScoresAfterMs([], [3_600_000])).toBe(10_000);
});
