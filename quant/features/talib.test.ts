/** Features that TA-Lib has, against TA-Lib: fixtures/README.md says how the values were made. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { catalogue } from './catalogue.ts';
import { historyOf, midTicks, named, valuesOf } from './testing/harness.ts';

type Column = readonly (number | null)[];
const fixture = JSON.parse(readFileSync(new URL('fixtures/talib.json', import.meta.url), 'utf8')) as {
  readonly mid: readonly number[];
  readonly values: Readonly<Record<string, Column>>;
};
const mids = fixture.mid;
const STEP_MS = 1_000;
const history = historyOf(STEP_MS, mids.map(midTicks));
const feature = (name: string): readonly number[] => valuesOf(named(catalogue(STEP_MS), name), history);
const talib = (name: string): readonly number[] => fixture.values[name]!.map((x) => x ?? NaN);

/** Equal NaNs at the start, and from there 1e-9 of `unit` at most. */
function expectAgreement(got: readonly number[], want: readonly number[], unit: (i: number) => number): void {
  expect(got.map(Number.isNaN)).toEqual(want.map(Number.isNaN));
  expect(got.some((x) => !Number.isNaN(x))).toBe(true);
  const worst = Math.max(...got.map((x, i) => (Number.isNaN(x) ? 0 : Math.abs(x - want[i]!) / unit(i))));
  expect(worst).toBeLessThanOrEqual(1e-9);
}
const one = () => 1;
const asPrice = (bps: readonly number[]): number[] => bps.map((x, i) => (x / 10_000) * mids[i]!);

describe('agrees with TA-Lib to 1e-9', () => {
  it('RSI(14)', () => expectAgreement(feature('rsi_14'), talib('rsi_14'), (i) => talib('rsi_14')[i]!));

  it.each(['line', 'signal', 'hist'])('MACD(12, 26, 9) %s', (part) =>
    expectAgreement(asPrice(feature(`macd_${part}_12_26_9`)), talib(`macd_${part}`), one));

  it.each([10, 60, 300])('EMA(%i)', (n) =>
    expectAgreement(feature(`ema_dist_${n}s`).map((bps, i) => mids[i]! / (1 + bps / 10_000)), talib(`ema_${n}`), (i) => mids[i]!));

  it('Bollinger position (20, 2)', () => {
    const half = talib('bb_upper').map((upper, i) => upper - talib('bb_middle')[i]!);
    const position = feature('boll_pos_20');
    expectAgreement(position.map((x, i) => talib('bb_middle')[i]! + x * half[i]!), talib('bb_middle').map((m, i) => (Number.isNaN(m) ? m : mids[i]!)), (i) => mids[i]!);
  });

  it('Bollinger width and standard deviation (20)', () => {
    const width = feature('boll_width_20').map((bps, i) => (bps / 10_000) * talib('bb_middle')[i]!);
    expectAgreement(width, talib('bb_upper').map((upper, i) => upper - talib('bb_lower')[i]!), (i) => mids[i]!);
    expectAgreement(width.map((x) => x / 4), talib('stddev_20'), (i) => mids[i]!);
  });

  it.each([1, 10, 300])('rate of change over %i', (n) =>
    expectAgreement(feature(`ret_${n}s`).map((bps) => Math.exp(bps / 10_000)), talib(`rocr_${n}`), one));

  it('stochastic %K(60)', () =>
    expectAgreement(feature('range_pos_60s').map((x) => 50 * (x + 1)), talib('stochf_k_60'), () => 100));
});

it('RSI says 0 where nothing has moved, as TA-Lib does (its value for 20 equal prices)', () => {
  const still = valuesOf(named(catalogue(STEP_MS), 'rsi_14'), historyOf(STEP_MS, Array.from({ length: 20 }, () => midTicks(100))));
  expect(still.slice(13, 16)).toEqual([NaN, 0, 0]);
});
