import { describe, expect, it } from 'vitest';
import { parseDropped, summaryText } from './summary.ts';

describe('summary', () => {
  it('reads what the source dropped from its metrics, and nothing else', () => {
    const metrics = '# HELP foretick_source_dropped_total x\nforetick_source_dropped_total{reason="crossed",service="source"} 12\nforetick_source_dropped_total{service="source",reason="notMarket"} 3\nforetick_source_messages_total{type="trade",service="source"} 9\n';
    expect(parseDropped(metrics)).toEqual({ crossed: 12, notMarket: 3 });
    expect(parseDropped('')).toEqual({});
  });
  it('says what it is in plain words, and where there is too little data', () => {
    const score = { model: 'm', role: 'champion', horizonMs: 5_000, symbol: '*', n: 40, late: 0, blocks: 3, tooLittleData: true, skill: 0.15, skillLo: null, skillHi: null, hitRate: null, baseRate: null, zeroShare: null, ic: null, coverage: null, intervalScoreBps: null, rmseBps: null, naiveRmseBps: null } as const;
    const universe = { universe: 'main', frames: 5, predictions: 5, forecasts: 3, outcomes: 5, scores: [score], model: null, sha256: { frames: 'f', predictions: 'p', outcomes: 'o' } };
    const text = summaryText({ ...universe, source: 'A recording', trades: 1, quotes: 2, dropped: { crossed: 4 }, seconds: 1.25, universes: [universe] });
    expect(text).toContain('1 trades, 2 quotes; dropped: 4 crossed');
    expect(text).toContain('5 predictions (3 with a model)');
    expect(text).toContain('skill   15.0 %');
    expect(text).toContain('too little data');
    expect(text).toContain('model none yet');
  });
});
