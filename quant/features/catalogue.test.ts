import { describe, expect, it } from 'vitest';
import { catalogue } from './catalogue.ts';
import { type Tick, historyOf, initialState, quote, trade, valuesOf, advance } from './testing/harness.ts';

const GRIDS_MS = [100, 250, 700, 1_000, 5_000, 15_000, 60_000];

/** Every kind of tick in every step, and no two steps alike. */
const busyStep = (i: number): readonly Tick[] => {
  const mid = 100 + Math.sin(i) + (i % 3) * 0.1;
  return [quote(mid - 0.1, 5 + (i % 4), mid + 0.1, 6 + (i % 3)), trade(mid + 0.1, 1 + (i % 2), 'buy'), trade(mid - 0.1, 2.5, 'sell'), trade(mid, 1)];
};
const busy = (stepMs: number, steps: number) => historyOf(stepMs, Array.from({ length: steps }, (_, i) => busyStep(i)), {
  leaderMids: (i) => [100 + Math.sin(i), 200 + Math.cos(i)],
  session: { from: 1_699_999_000_000_000, to: 1_700_100_000_000_000 },
});

describe.each(GRIDS_MS)('the catalogue at a step of %i ms', (stepMs) => {
  const features = catalogue(stepMs);

  it('has distinct snake_case names and says unit and source of each', () => {
    expect(new Set(features.map((feature) => feature.name)).size).toBe(features.length);
    for (const { name, unit, source, slots } of features) {
      expect(name).toMatch(/^[a-z][a-z0-9]*(_[a-z0-9]+)*$/);
      expect(unit).not.toBe('');
      expect(source).not.toBe('');
      expect(Number.isInteger(slots) && slots >= 0).toBe(true);
    }
  });

  it('has no window shorter than a step', () => {
    for (const { name } of features) {
      const window = /_(\d+)s$/.exec(name);
      if (window) expect(Number(window[1]) * 1_000, name).toBeGreaterThanOrEqual(stepMs);
    }
  });

  it('knows each value exactly when its warm-up is over, and says NaN until then', () => {
    const longest = Math.max(...features.map((feature) => feature.warmupMs)) / stepMs;
    const history = busy(stepMs, longest + 3);
    for (const feature of features) {
      const values = valuesOf(feature, history);
      expect(values.findIndex((value) => !Number.isNaN(value)), feature.name).toBe(Math.round(feature.warmupMs / stepMs));
      expect(values.slice(feature.warmupMs / stepMs).some(Number.isNaN), feature.name).toBe(false);
    }
  });
});

it('has at least 40 features at 1 s, the scale and the yardstick among them', () => {
  const names = catalogue(1_000).map((feature) => feature.name);
  expect(names.length).toBeGreaterThanOrEqual(40);
  expect(names).toEqual(expect.arrayContaining(['vol_ewma_60s', 'mp_dev_bps', 'mp_dev_vol']));
});

it('keeps the clock away from directional models, and nothing else', () => {
  expect(catalogue(1_000).filter((feature) => !feature.directional).map((feature) => feature.name)).toEqual(['session_pos', 'tod_sin', 'tod_cos']);
});

it('knows nothing but the clock before the first tick, and never throws', () => {
  const silent = historyOf(1_000, Array.from({ length: 400 }, () => []));
  const known = catalogue(1_000).filter((feature) => valuesOf(feature, silent).some((value) => !Number.isNaN(value)));
  expect(known.map((feature) => feature.name)).toEqual([
    // Nothing traded and nothing quoted is a fact, not a gap in knowledge.
    'trade_imb_1s', 'trade_imb_5s', 'trade_imb_30s', 'trade_rate_5s', 'trade_rate_60s', 'quote_rate_5s', 'quote_rate_60s', 'tod_sin', 'tod_cos',
  ]);
});

it('starts anew on init: the same values as from the beginning', () => {
  const history = busy(5_000, 80);
  for (const feature of catalogue(5_000)) {
    const state = initialState(feature);
    history.forEach((closed) => advance(feature, state, closed));
    feature.init(state);
    expect(history.map((closed) => advance(feature, state, closed)), feature.name).toEqual(valuesOf(feature, history));
  }
});

it.each([0, 99, 60_001, 1_000.5, NaN])('refuses a step of %d ms and says which it takes', (stepMs) => {
  expect(() => catalogue(stepMs)).toThrow(expect.objectContaining({ name: 'RefusedError', hint: expect.stringContaining('100 to 60000 ms') }));
});
