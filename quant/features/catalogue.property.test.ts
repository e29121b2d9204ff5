/**
 * Laws of every feature in the catalogue:
 *   1. incremental = batch: each value equals the one computed anew from the whole history;
 *   2. a state restored in mid-stream gives the same bits from there on;
 *   3. a feature writes its own slots only, and whatever a well-formed tick says, its value is finite in float32 or NaN;
 *   4. a NaN in a state has the bits of the literal NaN, so that equal states are equal bytes.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { catalogue } from './catalogue.ts';
import type { FeatureDefinition } from './definition.ts';
import { GUARD, type History, START_US, advance, historyOf, initialState, quote, trade, valuesOf } from './testing/harness.ts';
import { type Market, marketHistory } from './testing/market.ts';
import { referenceValue } from './testing/reference.ts';

const SEED = 20_261_124;

const market: fc.Arbitrary<Market> = fc.record({
  seed: fc.integer({ min: 0, max: 2 ** 31 }),
  steps: fc.integer({ min: 40, max: 90 }),
  stepMs: fc.constantFrom(100, 700, 1_000, 5_000, 10_000, 60_000),
  ticksPerStep: fc.constantFrom(0.5, 3, 8),
  price: fc.constantFrom(0.5, 30, 65_000),
  tick: fc.constantFrom(0.01, 0.1),
  silentSteps: fc.integer({ min: 0, max: 10 }),
});

/** Relative to the value, or to 1 near 0. A root near 0 magnifies the last bits below it, so there the squares count. */
function expectClose(name: string, k: number, got: number, want: number): void {
  if (Number.isNaN(got) || Number.isNaN(want)) return expect([name, k, got]).toEqual([name, k, want]);
  const [a, b] = name.startsWith('roll_spread') ? [got * got, want * want] : [got, want];
  if (Math.abs(a - b) > 1e-9 * Math.max(1, Math.abs(b))) expect.fail(`${name} at step ${k}: ${got}, in batch ${want}`);
}

function expectBatch(history: History, stepMs: number, every: number): Set<string> {
  const knownNames = new Set<string>();
  for (const feature of catalogue(stepMs)) {
    valuesOf(feature, history).forEach((value, k) => {
      if (k % every !== 0 && k !== history.length - 1) return;
      if (!Number.isNaN(value)) knownNames.add(feature.name);
      expectClose(feature.name, k, value, referenceValue(feature.name, history, k, stepMs));
    });
  }
  return knownNames;
}

describe('incremental = batch', () => {
  it('in markets of any step, price and pace', () => {
    fc.assert(fc.property(market, (m) => void expectBatch(marketHistory(m), m.stepMs, 7)), { seed: SEED, numRuns: 150 });
  });

  it('over windows that wrap several times, with every feature known', () => {
    const history = marketHistory({ seed: 7, steps: 700, stepMs: 1_000, ticksPerStep: 4, price: 100, tick: 0.01, silentSteps: 3 });
    expect(expectBatch(history, 1_000, 97).size).toBe(catalogue(1_000).length);
  });
});

const stateBytes = (state: Float64Array): string => Buffer.from(state.buffer, state.byteOffset, state.byteLength).toString('base64');

function expectRestores(feature: FeatureDefinition, history: History, cut: number): void {
  const state = initialState(feature);
  history.slice(0, cut).forEach((closed) => advance(feature, state, closed));
  const restored = new Float64Array(feature.slots);
  restored.set(state);
  for (const closed of history.slice(cut)) {
    const [a, b] = [advance(feature, state, closed), advance(feature, restored, closed)];
    if (!Object.is(a, b)) expect.fail(`${feature.name}: ${a}, restored ${b}`);
  }
  expect(stateBytes(restored), feature.name).toBe(stateBytes(state));
}

it('a restored state goes on bit for bit', () => {
  fc.assert(fc.property(market, fc.double({ min: 0, max: 1, noNaN: true }), (m, where) => {
    const history = marketHistory(m);
    for (const feature of catalogue(m.stepMs)) expectRestores(feature, history, Math.floor(where * history.length));
  }), { seed: SEED, numRuns: 60 });
});

const hostilePrice = fc.constantFrom(Number.MIN_VALUE, 1e-300, 1e-9, 1, 100, 1e16, 1e154, 1e300, Number.MAX_VALUE);
const hostileSize = fc.constantFrom(0, Number.MIN_VALUE, 1e-9, 1, 1e16, 1e154, 1e300, Number.MAX_VALUE);
const hostileTick = fc.oneof(
  fc.tuple(hostilePrice, hostileSize, hostilePrice, hostileSize, fc.nat(1e6)).map(([b, bs, a, as, t]) => quote(b, bs, a, as, START_US + t)),
  fc.tuple(hostilePrice, hostileSize.filter((size) => size > 0), fc.constantFrom('buy' as const, 'sell' as const, undefined), fc.nat(1e6))
    .map(([price, size, side, t]) => trade(price, size, side, START_US + t)),
);
const hostileMids = fc.constantFrom([], [NaN], [Infinity, 0], [Number.MIN_VALUE, Number.MAX_VALUE]);

function expectHarmless(feature: FeatureDefinition, history: History): void {
  const state = initialState(feature);
  const words = new Uint32Array(state.buffer, state.byteOffset, 2 * state.length);
  for (const closed of history) {
    const value = advance(feature, state, closed);
    const ok = Number.isNaN(value) || (Number.isFinite(Math.fround(value)) && !Object.is(value, -0));
    if (!ok) expect.fail(`${feature.name} gave ${value}`);
    state.forEach((x, i) => {
      if (Number.isNaN(x) && (words[2 * i + 1] !== 0x7ff80000 || words[2 * i] !== 0)) expect.fail(`${feature.name}: NaN with other bits in slot ${i}`);
    });
  }
  const around = new Float64Array(state.buffer);
  expect([around[0], around.at(-1)], `${feature.name} writes its own slots only`).toEqual([GUARD, GUARD]);
}

it('hostile ticks give finite numbers or NaN, and leave no trace outside the state', () => {
  const steps = fc.array(fc.array(hostileTick, { maxLength: 4 }), { minLength: 1, maxLength: 50 });
  fc.assert(fc.property(steps, fc.constantFrom(100, 1_000, 5_000, 60_000), hostileMids, (ticksByStep, stepMs, mids) => {
    const history = historyOf(stepMs, ticksByStep, { leaderMids: () => mids });
    for (const feature of catalogue(stepMs)) expectHarmless(feature, history);
  }), { seed: SEED, numRuns: 100 });
});

it('after hostile ticks a windowed feature is right again once they have left', () => {
  const stepMs = 5_000;
  const hostile = [[quote(1, 1e300, Number.MAX_VALUE, 1)], [trade(Number.MAX_VALUE, Number.MAX_VALUE)], [quote(1e-300, 0, 1e300, 0)]];
  const calm = Array.from({ length: 80 }, (_, i) => [quote(100 + (i % 5), 5, 101 + (i % 5), 7), trade(100.5 + (i % 3), 1 + (i % 2))]);
  const windowed = catalogue(stepMs).filter(({ name }) => /^(ret|rv|vwap_dist|trade_imb|range_pos|boll|eff_spread|roll_spread)_/.test(name) && !/vol/.test(name));
  expect(windowed.length).toBeGreaterThan(15);
  for (const feature of windowed) {
    const after = valuesOf(feature, historyOf(stepMs, [...hostile, ...calm])).at(-1)!;
    expectClose(feature.name, 82, after, valuesOf(feature, historyOf(stepMs, [[], [], [], ...calm])).at(-1)!);
  }
});

it('a mid that overflows is no datum: means that never forget stay as they were', () => {
  const calm = Array.from({ length: 60 }, (_, i) => [quote(100 + (i % 5), 5, 101 + (i % 5), 7)]);
  const overflow = [quote(Number.MAX_VALUE, 5, Number.MAX_VALUE, 7)];
  const recursive = catalogue(1_000).filter(({ name }) => /^(ema_dist_10s|rsi|macd|vol_ewma|imb_ewma)/.test(name));
  expect(recursive.length).toBe(7);
  for (const feature of recursive) {
    const after = valuesOf(feature, historyOf(1_000, [...calm, overflow, ...calm])).at(-1)!;
    expect(Number.isFinite(after) && Math.abs(after) < 1_000, `${feature.name} gives ${after}`).toBe(true);
  }
});
