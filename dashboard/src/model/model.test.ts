import { describe, expect, it } from 'vitest';
import type { HealthInfo } from '../../../sdk/api.ts';
import type { LatestPrediction } from '../../../streams/messages/latest.ts';
import { FLAG } from '../../../streams/messages/frame.ts';
import { metricTable, readCard } from './card.ts';
import { coneOf } from './cone.ts';
import { championOf, firstModelNotice, troubleNotice } from './notice.ts';
import { matches, nextSort, ordered } from './order.ts';
import { qualityOf } from './quality.ts';
import { niceCeil, positionOn, sparkPath } from './scale.ts';

const service = (name: string, state: HealthInfo['services'][number]['state'], detail: string, ageSeconds = 1): HealthInfo['services'][number] => ({ service: name, state, detail, cursors: {}, pid: 1, ageSeconds });
const health = (...services: HealthInfo['services']): HealthInfo => ({ ok: true, version: '0', services });

describe('the notice before the first model', () => {
  it('repeats what the trainer waits for', () => {
    expect(firstModelNotice(health(service('trainer', 'waiting', 'waiting for 4 more minutes of history')), null)?.detail).toBe('Waiting for 4 more minutes of history. Forecasts start by themselves.');
  });
  it('is gone with a champion, and not there before the answer', () => {
    expect(firstModelNotice(health(), 'ridge-000000000000')).toBeNull();
    expect(firstModelNotice(health(), undefined)).toBeNull();
  });
  it('is gone with the first forecast on the page, before the champion is asked for again', () => {
    expect(championOf(null, [undefined, null, 'ridge-000000000000'])).toBe('ridge-000000000000');
    expect(championOf(null, [undefined, null])).toBeNull();
    expect(championOf(undefined, ['ridge-000000000000'])).toBeUndefined();
    expect(championOf('champion', ['ridge-000000000000'])).toBe('champion');
  });
  it('takes a short silence of the trainer for work, a long one for trouble', () => {
    expect(firstModelNotice(health(service('trainer', 'lost', 'training: 5 s ahead (33 %)', 40)), null)).toMatchObject({ tone: 'wait', detail: 'Training: 5 s ahead (33 %). It last reported 40 s ago: training keeps it busy.' });
    expect(firstModelNotice(health(service('trainer', 'lost', '', 300)), null)).toMatchObject({ tone: 'trouble' });
    expect(firstModelNotice(undefined, null)?.detail).toContain('has not reported yet');
  });
});

it('names the services that do not answer', () => {
  const silent = health(service('source', 'lost', ''), service('drift', 'running', ''), service('trainer', 'lost', ''));
  expect(troubleNotice(health(service('source', 'running', '')), 'm')).toBeNull();
  expect(troubleNotice(silent, 'm')?.title).toBe('These services do not answer: source, trainer');
  expect(troubleNotice(silent, null)?.title).toBe('The source service does not answer');
});

describe('a cone', () => {
  const prediction: LatestPrediction = {
    v: 1, frameTs: 1_000_000, madeAt: 1_000_000, late: false, model: 'm', refPrice: 200, flags: 0,
    horizons: [{ horizonMs: 5_000, retBps: 10, loBps: -20, hiBps: 40, pUp: 0.6 }, { horizonMs: 1_000, retBps: 0, loBps: -10, hiBps: 10, pUp: 0.5 }, { horizonMs: 9_000, retBps: 1, loBps: null, hiBps: null, pUp: null }],
  };
  it('puts returns on the reference price, nearest horizon first, and leaves out what has no interval', () => {
    const cone = coneOf(prediction);
    expect(cone?.steps.map(({ ts }) => ts)).toEqual([2_000_000, 6_000_000]);
    expect(cone?.steps[0]?.price).toBe(200);
    expect(Math.log(cone!.steps[1]!.hi / 200) * 10_000).toBeCloseTo(40, 9);
  });
  it('is not there without a forecast', () => {
    expect(coneOf(null)).toBeNull();
    expect(coneOf({ ...prediction, refPrice: null })).toBeNull();
    expect(coneOf({ ...prediction, horizons: [] })).toBeNull();
  });
});

describe('the order of the table', () => {
  it('puts the unknown last in both directions and keeps ties as they were', () => {
    const rows = [['a', 1], ['b', null], ['c', 2], ['d', 1]] as const;
    expect(ordered(rows, ([, value]) => value, true).map(([name]) => name)).toEqual(['c', 'a', 'd', 'b']);
    expect(ordered(rows, ([, value]) => value, false).map(([name]) => name)).toEqual(['a', 'd', 'c', 'b']);
  });
  it('starts numbers with the largest and names with A, and turns round', () => {
    const start = { key: 'symbol', descending: false } as const;
    expect(nextSort(start, 'spread')).toEqual({ key: 'spread', descending: true });
    expect(nextSort(start, 'symbol')).toEqual({ key: 'symbol', descending: true });
    expect(nextSort({ key: 'spread', descending: true }, 'symbol')).toEqual({ key: 'symbol', descending: false });
  });
  it('filters by every word', () => {
    expect(matches('BTCUSDT binance', 'btc bin')).toBe(true);
    expect(matches('BTCUSDT binance', 'btc eth')).toBe(false);
    expect(matches('BTCUSDT binance', '')).toBe(true);
  });
});

it('has words for every flag', () => {
  const all = Object.values(FLAG).reduce((bits, bit) => bits | bit, 0);
  expect(qualityOf(all).map(({ name }) => name)).toEqual(Object.keys(FLAG));
  expect(qualityOf(all).every(({ label, sentence }) => label !== '' && sentence.endsWith('.'))).toBe(true);
  expect(qualityOf(0)).toEqual([]);
});

describe('scales', () => {
  it.each([[0.9, 1], [1, 1], [1.01, 2], [2.5, 3], [3.1, 5], [5.1, 10], [0.031, 0.05], [0, 1], [Number.NaN, 1]])('rounds %s up to %s', (value, nice) => {
    expect(niceCeil(value)).toBeCloseTo(nice, 12);
  });
  it('clamps positions to the axis', () => {
    expect([-9, -5, 0, 2.5, 9].map((value) => positionOn(value, 5))).toEqual([0, 0, 0.5, 0.75, 1]);
  });
  it('draws a line from edge to edge, a flat one in the middle, none of one point', () => {
    expect(sparkPath([1, 2], 100, 20)).toBe('M0.0 18.0L100.0 2.0');
    expect(sparkPath([3, 3], 100, 20)).toBe('M0.0 10.0L100.0 10.0');
    expect(sparkPath([1], 100, 20)).toBe('');
  });
});

describe('a model card', () => {
  const metric = { skill: 0.1, ic: 0.3, rows: 10, folds: 4, chosen: false };
  const card = {
    model: 'm', sha256: '00', features: ['a'], schema: 's', horizons: [{ horizonMs: 1_000, family: 'ridge', residualQuantiles: [1] }], scaleFeature: 'v',
    trained: { fromTs: 1, toTs: 2, rows: 3, frames: 4, symbols: ['x.Y'] }, versions: {},
    metrics: [{ ...metric, family: 'ridge', horizonMs: 5_000 }, { ...metric, family: 'zero', horizonMs: 1_000 }, { ...metric, family: 'ridge', horizonMs: 1_000, skill: null }],
  };
  it('becomes a table of families and horizons, with holes', () => {
    const { horizonsMs, rows } = metricTable(readCard(card)!);
    expect(horizonsMs).toEqual([1_000, 5_000]);
    expect(rows.map(({ family, cells }) => [family, ...cells.map((cell) => cell?.skill)])).toEqual([['ridge', null, 0.1], ['zero', 0.1, undefined]]);
  });
  it('is null when it cannot be read', () => {
    expect(readCard({ ...card, trained: null })).toBeNull();
    expect(readCard(null)).toBeNull();
  });
});
