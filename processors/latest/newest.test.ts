import { expect, test } from 'vitest';
import { parseLatestPrediction, parseLatestScore } from '../../streams/messages/latest.ts';
import { encodeFeedMessage } from '../../streams/messages/feed.ts';
import { encodePrediction, type Prediction } from '../../streams/messages/prediction.ts';
import { encodeScores, type Score } from '../../streams/messages/score.ts';
import { createNewest, type Newest, type Update } from './newest.ts';

const prediction = (frameTs: number): Prediction => ({
  v: 1, universe: 'u', frameTs, madeAt: frameTs, late: false, role: 'champion', model: 'm', schema: 's', symbols: ['x.A', 'x.B'], refPrice: [10, null], flags: [0, 4],
  horizons: [{ horizonMs: 1_000, retBps: [0.5, null], loBps: [-1, null], hiBps: [2, null], pUp: [0.6, null] }],
});
const score = (symbol: string): Score => ({
  model: 'm', role: 'champion', horizonMs: 1_000, symbol, n: 1, late: 0, blocks: 1, tooLittleData: true, skill: null, skillLo: null, skillHi: null,
  hitRate: null, baseRate: null, zeroShare: null, ic: null, coverage: null, intervalScoreBps: null, rmseBps: null, naiveRmseBps: null,
});
/** All that is told in a round. */
const told = (newest: Newest, nowMs: number): Update[] => [...newest.forecasts(), ...newest.rest(nowMs)];
const create = () => {
  const unreadable: string[] = [];
  return { newest: createNewest(['x.A', 'x.B'], (subject) => unreadable.push(subject)), unreadable };
};

test('of predictions that came in between only the newest is told, one message an instrument, once', () => {
  const { newest } = create();
  for (const frameTs of [1, 2, 3]) newest.take({ subject: 'predictions.u', data: encodePrediction(prediction(frameTs)) });
  const updates = told(newest, 0);
  expect(updates.map(({ subject }) => subject)).toEqual(['latest.prediction.x.A', 'latest.prediction.x.B']);
  expect(parseLatestPrediction(updates[0]!.body)).toEqual({
    v: 1, frameTs: 3, madeAt: 3, late: false, model: 'm', refPrice: 10, flags: 0, horizons: [{ horizonMs: 1_000, retBps: 0.5, loBps: -1, hiBps: 2, pUp: 0.6 }],
  });
  expect(parseLatestPrediction(updates[1]!.body)).toMatchObject({ refPrice: null, flags: 4, horizons: [{ retBps: null }] });
  expect(told(newest, 1)).toEqual([]);
});

test('scores go to their instruments; the pooled ones to none', () => {
  const { newest } = create();
  newest.take({ subject: 'scores.u', data: encodeScores({ v: 1, universe: 'u', frameTs: 9, scores: [score('x.A'), score('*'), score('x.B'), score('x.A')] }) });
  const updates = told(newest, 0);
  expect(updates.map(({ subject }) => subject)).toEqual(['latest.score.x.A', 'latest.score.x.B']);
  expect(parseLatestScore(updates[0]!.body)).toMatchObject({ frameTs: 9, scores: [{ symbol: 'x.A' }, { symbol: 'x.A' }] });
});

test('what can\'t be read is reported and skipped', () => {
  const { newest, unreadable } = create();
  const data = new TextEncoder().encode('{"v":1}');
  for (const subject of ['ticks.f.x.A', 'predictions.u', 'scores.u']) newest.take({ subject, data });
  expect(told(newest, 0)).toEqual([]);
  expect(unreadable.sort()).toEqual(['predictions.u', 'scores.u', 'ticks.f.x.A']);
});

test('forecasts are told without the prices and scores that wait for their round', () => {
  const { newest } = create();
  newest.take({ subject: 'predictions.u', data: encodePrediction(prediction(1)) });
  newest.take({ subject: 'scores.u', data: encodeScores({ v: 1, universe: 'u', frameTs: 9, scores: [score('x.A')] }) });
  newest.take({ subject: 'ticks.f.x.A', data: encodeFeedMessage('f', { v: 1, type: 'trade', instrument: 'x.A', price: 1, size: 1, tsEvent: 1, tsInit: 1 }).body });
  expect([...newest.forecasts()].map(({ subject }) => subject)).toEqual(['latest.prediction.x.A', 'latest.prediction.x.B']);
  expect([...newest.rest(0)].map(({ subject }) => subject)).toEqual(['latest.price.x.A', 'latest.score.x.A']);
  expect(told(newest, 1_000)).toEqual([]);
});
