/** The parsing by hand gives what the schemas give, or nothing. */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { z } from 'zod';
import { frameSchema } from './frame.ts';
import { latestPredictionSchema } from './latest.ts';
import { predictionSchema } from './prediction.ts';
import { quickFrame, quickLatestPrediction, quickPrediction } from './quickColumns.ts';

const seed = { seed: 42, numRuns: 2_000 };
const odd = fc.constantFrom<unknown>(
  undefined, null, 0, -0, -1, 1, 1.5, NaN, Infinity, 1e300, Number.MAX_SAFE_INTEGER, Number.MAX_SAFE_INTEGER + 1, '', '1', 'x'.repeat(64), 'x'.repeat(65), 'y'.repeat(129), true, {}, [], [null], ['v.A'], ['v.*', 'v.B'], ['v.A', 1],
  [1, NaN], ['1', 2], [1, 2, 3], Array(501).fill('v.A'), 'AAAA', 'AAA', 'AAB=', 'AA=A', 'AAAAAAAAAA==', 'AAAAAAAAAB==', 'A AA', 'AA-_', 'champion', 'challenger', Array(9).fill({}), new Array(2),
);
const maybe = fc.option(fc.double({ noNaN: true, noDefaultInfinity: true }));
const pair = fc.tuple(maybe, maybe);
const columns = { horizonMs: fc.integer({ min: 1 }), retBps: pair, loBps: pair, hiBps: pair, pUp: pair };
const values = { horizonMs: fc.integer({ min: 1 }), retBps: maybe, loBps: maybe, hiBps: maybe, pUp: maybe };
const text = fc.string({ maxLength: 64 });
const symbols = fc.constantFrom(['v.A', 'v.B'], ['v.C', 'w.A']);
const flags = fc.tuple(fc.nat(), fc.nat());

type Fields = Readonly<Record<string, fc.Arbitrary<unknown>>>;
/** One field may be odd, missing or unknown. */
const disturbed = (usual: Fields): fc.Arbitrary<unknown> =>
  fc.record(usual).chain((whole) => fc.tuple(fc.constant(whole), fc.constantFrom(...Object.keys(usual), 'extra', 'none'), odd))
    .map(([whole, field, value]) => (field === 'none' ? whole : { ...whole, [field]: value }));
/** Some of the horizons may be odd too. */
const horizons = (each: Fields): fc.Arbitrary<unknown> => fc.array(fc.oneof({ weight: 5, arbitrary: fc.record(each) }, { weight: 1, arbitrary: disturbed(each) }), { maxLength: 3 });
const anything = (usual: Fields): fc.Arbitrary<unknown> => fc.oneof({ weight: 9, arbitrary: disturbed(usual) }, { weight: 1, arbitrary: odd });

const rows = fc.uint8Array({ minLength: 16, maxLength: 16 }).map((bytes) => Buffer.from(bytes).toString('base64'));
const frame: Fields = { v: fc.constant(1), universe: text, ts: fc.nat(), schema: text, symbols, rows, mid: pair, flags };
const common: Fields = { v: fc.constant(1), frameTs: fc.nat(), madeAt: fc.nat(), late: fc.boolean(), model: fc.option(text) };
const prediction: Fields = { ...common, universe: text, role: fc.constantFrom('champion', 'challenger'), schema: text, symbols, refPrice: pair, flags, horizons: horizons(columns) };
const latest: Fields = { ...common, refPrice: maybe, flags: fc.nat(), horizons: horizons(values) };

it.each<[string, (value: unknown) => unknown, z.ZodType, Fields]>([
  ['frames', quickFrame, frameSchema, frame],
  ['predictions', quickPrediction, predictionSchema, prediction],
  ['newest predictions', quickLatestPrediction, latestPredictionSchema, latest],
])('of %s', (_, quick, schema, usual) => {
  let taken = 0;
  fc.assert(fc.property(anything(usual), (value) => {
    const got = quick(value);
    if (got === null) return;
    taken += 1;
    const want = schema.parse(value);
    expect(got).toEqual(want);
    expect(JSON.stringify(got)).toBe(JSON.stringify(want));
  }), seed);
  expect(taken).toBeGreaterThan(300);
});

it('takes what is usual', () => {
  const two = (horizonMs: number) => ({ horizonMs, retBps: [1, null], loBps: [-1, null], hiBps: [2.5, null], pUp: [0.5, null] });
  const head = { v: 1, frameTs: 1, madeAt: 2, late: false, model: 'm' };
  expect(quickFrame({ v: 1, universe: 'u', ts: 1, schema: 's', symbols: ['v.A', 'v.B'], rows: 'AADAfwAAgD8=', mid: [1, null], flags: [0, 8] })).not.toBeNull();
  expect(quickPrediction({ ...head, universe: 'u', role: 'champion', schema: 's', symbols: ['v.A', 'v.B'], refPrice: [1, null], flags: [0, 8], horizons: [two(1_000), two(5_000)] })).not.toBeNull();
  expect(quickLatestPrediction({ ...head, refPrice: null, flags: 0, horizons: [{ horizonMs: 1_000, retBps: 1, loBps: -1, hiBps: null, pUp: 0.5 }] })).not.toBeNull();
});
