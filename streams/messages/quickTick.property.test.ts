/** The parsing by hand gives what the schemas give, or nothing. */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { clockSchema } from './control.ts';
import { quickClock, quickTick } from './quickTick.ts';
import { quoteSchema, tradeSchema } from './tick.ts';

const seed = { seed: 42, numRuns: 3_000 };
const odd = fc.constantFrom<unknown>(undefined, null, 0, -0, -1, 1, 1.5, NaN, Infinity, 1e300, 5e-324, 1e15, 1.1e15, Number.MAX_SAFE_INTEGER, Number.MAX_SAFE_INTEGER + 1, '1', '', 'x'.repeat(65), 'y'.repeat(64), true, [], {}, 'buy', 'sell', 'trade', 'quote', 'clock');
const usual: Readonly<Record<string, fc.Arbitrary<unknown>>> = {
  v: fc.constant(1), price: fc.double({ min: 1e-9, max: 1e12, noNaN: true }), size: fc.double({ min: 1e-9, max: 1e9, noNaN: true }), side: fc.constantFrom('buy', 'sell'), id: fc.string({ maxLength: 64 }),
  bid: fc.double({ min: 1e-9, max: 1e12, noNaN: true }), bidSize: fc.nat(), ask: fc.double({ min: 1e-9, max: 1e12, noNaN: true }), askSize: fc.nat(), tsEvent: fc.nat(), tsInit: fc.nat(), type: fc.constantFrom('trade', 'quote', 'clock'), extra: fc.nat(),
};
/** A message of the usual, one field of which may be odd or missing. */
const message = fc.record(usual).chain((whole) => fc.tuple(fc.constant(whole), fc.constantFrom(...Object.keys(usual), 'none'), odd)).map(([whole, field, value]) => (field === 'none' ? whole : { ...whole, [field]: value }));
const anything = fc.oneof({ weight: 9, arbitrary: message }, { weight: 1, arbitrary: odd });

it('of ticks', () => {
  let quick = 0;
  fc.assert(fc.property(anything, (value) => {
    const got = quickTick(value, 'v.A');
    if (got === null) return;
    quick += 1;
    const want = { ...(got.type === 'quote' ? quoteSchema : tradeSchema).parse(value), instrument: 'v.A' };
    expect(got).toEqual(want);
    expect(Object.keys(got)).toEqual(Object.keys(want));
  }), seed);
  expect(quick).toBeGreaterThan(500);
});

it('of clocks', () => {
  let quick = 0;
  fc.assert(fc.property(anything, (value) => {
    const got = quickClock(value);
    if (got === null) return;
    quick += 1;
    expect(got).toEqual(clockSchema.parse(value));
    expect(Object.keys(got)).toEqual(['v', 'type', 'tsInit']);
  }), seed);
  expect(quick).toBeGreaterThan(100);
});

it('leaves to the schema whatever it does not know', () => {
  const trade = { v: 1, type: 'trade', price: 1, size: 1, tsEvent: 1, tsInit: 1 };
  for (const value of [null, [], 'x', trade, { ...trade, side: 'buy', id: 'x'.repeat(65) }, { ...trade, side: 'both', id: '' }, { ...trade, side: 'buy', id: '1', price: 0 }]) expect(quickTick(value, 'v.A')).toBeNull();
});
