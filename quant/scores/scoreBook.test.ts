import { describe, expect, it } from 'vitest';
import { encodeScores } from '../../streams/messages/score.ts';
import type { Outcome } from '../../streams/messages/outcome.ts';
import { MAX_MESSAGE_BYTES } from '../../streams/parse.ts';
import { addOutcome, ALL, emptyScoreBook, MIN_BLOCKS, scoresAt } from './scoreBook.ts';

const S = 1_000_000;
const outcome = (ts: number, realised: (number | null)[], forecast: (number | null)[], late = false): Outcome => ({
  v: 1, universe: 'u', frameTs: ts, symbols: ['v.A', 'v.B'], matured: [{
    horizonMs: 1_000, predictedTs: ts - S, model: 'm', role: 'champion', late, realisedBps: realised, retBps: forecast, loBps: [-2, -2], hiBps: [2, 2], pUp: [0.5, 0.5],
    errBps: [0, 0], covered: [1, 1], naiveErrBps: realised,
  }],
});
const row = (book: ReturnType<typeof emptyScoreBook>, symbol: string) => scoresAt(book, 1).find((score) => score.symbol === symbol)!;

describe('score book', () => {
  it('computes every measure by hand', () => {
    const book = emptyScoreBook();
    addOutcome(book, outcome(1 * S, [1, null], [0.5, 1]));
    addOutcome(book, outcome(2 * S, [-3, 0], [-1, 1]));
    addOutcome(book, outcome(3 * S, [2, 4], [-1, 0]));
    expect(row(book, 'v.A')).toMatchObject({
      n: 3, blocks: 1, tooLittleData: true, skill: Math.round((1 - 13.25 / 14) * 1e6) / 1e6, skillLo: null, hitRate: 0.666667, baseRate: 0.666667, zeroShare: 0,
      ic: Math.round((1.5 / Math.sqrt(2.25 * 14)) * 1e6) / 1e6, coverage: 0.666667, intervalScoreBps: Math.round(((4 * 3 + 20) / 3) * 1e6) / 1e6,
    });
    expect(row(book, 'v.B')).toMatchObject({ n: 2, zeroShare: 0.5, hitRate: null, baseRate: 1, coverage: 0.5 });
    expect(row(book, ALL)).toMatchObject({ n: 5 });
  });

  it('leaves late predictions out and counts them', () => {
    const book = emptyScoreBook();
    addOutcome(book, outcome(1 * S, [1, 1], [1, 1], true));
    expect(row(book, 'v.A')).toMatchObject({ n: 0, late: 1, skill: null });
  });

  it('merges blocks instead of growing, and loses no sum', () => {
    const book = emptyScoreBook();
    for (let i = 1; i <= 20_000; i++) addOutcome(book, outcome(i * S, [i % 3 - 1, 1], [0.1 * (i % 3 - 1), 0]));
    const a = row(book, 'v.A');
    expect(a.n).toBe(20_000);
    expect(a.blocks).toBeLessThanOrEqual(256);
    expect(a.blocks).toBeGreaterThan(100);
    expect(a.skill).toBeCloseTo(1 - 0.81, 6);
    expect(a.skillLo!).toBeLessThanOrEqual(a.skill!);
    expect(a.skillHi!).toBeGreaterThanOrEqual(a.skill!);
    expect(row(book, 'v.B').skill).toBe(0);
  });

  it('fits a message at 500 symbols: the newest models whole, older ones only while there is room', () => {
    const symbols = Array.from({ length: 500 }, (_, s) => `venue-name.SYMBOL${s}`);
    const column = symbols.map((_, s) => 1.234567 + s);
    const book = emptyScoreBook();
    for (const model of ['lightgbm-0123456789ab', 'mixed-0123456789ab']) {
      for (let i = 0; i < 100; i++) {
        addOutcome(book, {
          v: 1, universe: 'u', frameTs: i * S, symbols, matured: [1_000, 5_000, 15_000].map((horizonMs) => ({
            horizonMs, predictedTs: i * 50 * S, model, role: 'champion' as const, late: false, realisedBps: column.map((y) => y * Math.sin(i)), retBps: column.map((y) => y * 0.1 * Math.sin(i + 0.3)),
            loBps: column.map((y) => -y), hiBps: column, pUp: column, errBps: column, covered: column, naiveErrBps: column,
          })),
        });
      }
    }
    const scores = scoresAt(book, 1_795_538_480_000_000);
    expect(encodeScores({ v: 1, universe: 'u', frameTs: 1_795_538_480_000_000, scores }).length).toBeLessThan(MAX_MESSAGE_BYTES);
    expect(new Set(scores.map((score) => score.model))).toEqual(new Set(['mixed-0123456789ab']));
    expect(scores.length).toBe(1_503);
    expect(book.models.map(({ model }) => model)).toEqual(['mixed-0123456789ab']);
  });

  it('forgets an older model once and for all: what of it was still pending takes no newer one\'s place', () => {
    const symbols = Array.from({ length: 500 }, (_, s) => `venue-name.SYMBOL${s}`);
    const column = symbols.map(() => 1);
    const book = emptyScoreBook();
    const switchedAt = 20 * S;
    const horizonsMs = [1_000, 5_000, 15_000];
    for (let ts = S; ts <= 60 * S; ts += S) {
      const matured = horizonsMs.filter((ms) => ts - ms * 1_000 >= 0).map((horizonMs) => {
        const predictedTs = ts - horizonMs * 1_000;
        return { horizonMs, predictedTs, model: predictedTs < switchedAt ? 'old' : 'new', role: 'champion' as const, late: false, realisedBps: column, retBps: column, loBps: column, hiBps: column, pUp: column, errBps: column, covered: column, naiveErrBps: column };
      });
      addOutcome(book, { v: 1, universe: 'u', frameTs: ts, symbols, matured });
    }
    const scores = scoresAt(book, 1).filter(({ symbol }) => symbol === symbols[0]);
    expect(scores.map(({ model, horizonMs, n }) => [model, horizonMs, n])).toEqual([['new', 1_000, 40], ['new', 5_000, 36], ['new', 15_000, 26]]);
  });

  it('knows which model is newer by their forecasts, not by which matures first', () => {
    const book = emptyScoreBook();
    const matured = (model: string, predictedTs: number) => ({ ...outcome(30 * S, [1, 1], [1, 1]).matured[0]!, model, predictedTs });
    addOutcome(book, { ...outcome(30 * S, [], []), symbols: ['v.A', 'v.B'], matured: [matured('new', 29 * S), matured('old', 15 * S)] });
    expect(book.models.map(({ model }) => model)).toEqual(['old', 'new']);
  });

  it('gives an interval from MIN_BLOCKS blocks on, the same for the same frame', () => {
    const book = emptyScoreBook();
    for (let i = 0; i < 5 * MIN_BLOCKS; i++) addOutcome(book, outcome(100 * S + i * S + S, [Math.sin(i), 1], [0.5 * Math.sin(i) + 0.1, 0]));
    expect(row(book, 'v.A').tooLittleData).toBe(false);
    expect(scoresAt(book, 7)).toEqual(scoresAt(book, 7));
  });
});
