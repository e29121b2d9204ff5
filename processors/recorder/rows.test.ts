import { expect, test } from 'vitest';
import type { Outcome } from '../../streams/messages/outcome.ts';
import type { Prediction } from '../../streams/messages/prediction.ts';
import { outcomeRows, predictionRows, scoreRows } from './rows.ts';

const prediction: Prediction = {
  v: 1, universe: 'main', frameTs: 10, madeAt: 11, late: false, role: 'champion', model: 'm-1', schema: 's', symbols: ['v.A', 'v.B'], refPrice: [1.5, null], flags: [0, 0],
  horizons: [
    { horizonMs: 1_000, retBps: [1, null], loBps: [0, null], hiBps: [2, null], pUp: [0.6, null] },
    { horizonMs: 5_000, retBps: [3, 4], loBps: [1, 2], hiBps: [5, 6], pUp: [0.7, 0.8] },
  ],
};

test('a prediction is one row an instrument and horizon', () => {
  const common = { universe: 'main', frameTs: 10, role: 'champion', model: 'm-1', late: false };
  expect(predictionRows(prediction)).toEqual([
    { ...common, instrument: 'v.A', horizonMs: 1_000, refPrice: 1.5, retBps: 1, loBps: 0, hiBps: 2, pUp: 0.6 },
    { ...common, instrument: 'v.B', horizonMs: 1_000, refPrice: null, retBps: null, loBps: null, hiBps: null, pUp: null },
    { ...common, instrument: 'v.A', horizonMs: 5_000, refPrice: 1.5, retBps: 3, loBps: 1, hiBps: 5, pUp: 0.7 },
    { ...common, instrument: 'v.B', horizonMs: 5_000, refPrice: null, retBps: 4, loBps: 2, hiBps: 6, pUp: 0.8 },
  ]);
});

test('a prediction without a model has no rows', () => {
  expect(predictionRows({ ...prediction, model: null })).toEqual([]);
});

test('an outcome is one row an instrument and matured prediction', () => {
  const column = [null, null];
  const outcome: Outcome = {
    v: 1, universe: 'main', frameTs: 5_000_010, symbols: ['v.A', 'v.B'],
    matured: [{ horizonMs: 5_000, predictedTs: 10, model: 'm-1', role: 'champion', late: false, realisedBps: [0.5, null], retBps: column, loBps: column, hiBps: column, pUp: column, errBps: column, covered: column, naiveErrBps: column }],
  };
  expect(outcomeRows(outcome)).toEqual([
    { universe: 'main', instrument: 'v.A', horizonMs: 5_000, predictedTs: 10, role: 'champion', model: 'm-1', realisedBps: 0.5 },
    { universe: 'main', instrument: 'v.B', horizonMs: 5_000, predictedTs: 10, role: 'champion', model: 'm-1', realisedBps: null },
  ]);
});

test('scores carry their universe and frame', () => {
  expect(scoreRows({ v: 1, universe: 'main', frameTs: 60, scores: [{ model: 'm-1', symbol: '*' } as never] })).toEqual([{ model: 'm-1', symbol: '*', universe: 'main', frameTs: 60 }]);
});
