/**
 * Laws of the contract, for every message: parse ∘ encode is the identity; unknown fields are dropped; a missing or
 * wrong field is refused with its path; bytes that are no message are refused, never thrown through.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RefusedError } from '../../runtime/errors.ts';
import { decodeToken, encodeToken, fromInstrumentId, toInstrumentId } from '../instrument.ts';
import { MAX_MESSAGE_BYTES } from '../parse.ts';
import { encodeFeedMessage, type FeedMessage, parseFeedMessage } from './feed.ts';
import { decodeRows, encodeFrame, encodeRows, type Frame, parseFrame } from './frame.ts';
import { encodeModelEvent, type ModelEvent, parseModelEvent } from './model.ts';
import { encodeOutcome, type Outcome, parseOutcome } from './outcome.ts';
import { encodePrediction, parsePrediction, type Prediction } from './prediction.ts';
import { encodeScores, parseScores, type Scores } from './score.ts';

const seed = { seed: 42, numRuns: 300 };
const time = fc.integer({ min: 0, max: 2 ** 52 });
const price = fc.double({ min: 1e-9, max: 1e12, noNaN: true });
const bps = fc.option(fc.double({ min: -1e6, max: 1e6, noNaN: true }).map((x) => x || 0));
const instrument = fc.tuple(fc.string({ minLength: 1, maxLength: 8 }), fc.string({ minLength: 1, maxLength: 8 })).map(([venue, symbol]) => toInstrumentId(venue, symbol));

const feedMessage: fc.Arbitrary<FeedMessage> = fc.oneof(
  fc.record({ v: fc.constant(1 as const), type: fc.constant('trade' as const), instrument, price, size: price, side: fc.constantFrom('buy' as const, 'sell' as const), id: fc.string({ maxLength: 64 }), tsEvent: time, tsInit: time }, { requiredKeys: ['v', 'type', 'instrument', 'price', 'size', 'tsEvent', 'tsInit'] }),
  fc.record({ v: fc.constant(1 as const), type: fc.constant('quote' as const), instrument, bid: price, bidSize: price, ask: price, askSize: price, tsEvent: time, tsInit: time }),
  fc.record({ v: fc.constant(1 as const), type: fc.constant('clock' as const), tsInit: time }),
  fc.record({
    v: fc.constant(1 as const), type: fc.constant('status' as const), tsInit: time,
    status: fc.oneof(fc.record({ kind: fc.constant('gap' as const), from: time, to: time, reason: fc.string({ maxLength: 50 }) }), fc.record({ kind: fc.constant('end' as const) }), fc.record({ kind: fc.constant('sessionOpen' as const), from: time, to: time })),
  }),
);
const two = <T>(item: fc.Arbitrary<T>): fc.Arbitrary<T[]> => fc.array(item, { minLength: 2, maxLength: 2 });
const horizon = fc.record({ horizonMs: fc.integer({ min: 1, max: 1e6 }), retBps: two(bps), loBps: two(bps), hiBps: two(bps), pUp: two(bps) });
const prediction: fc.Arbitrary<Prediction> = fc.record({
  v: fc.constant(1 as const), universe: fc.constant('u'), frameTs: time, madeAt: time, late: fc.boolean(), role: fc.constantFrom('champion' as const, 'challenger' as const),
  model: fc.option(fc.string({ maxLength: 20 })), schema: fc.constant('s'), symbols: two(instrument), refPrice: two(bps), flags: two(fc.integer({ min: 0, max: 31 })), horizons: fc.array(horizon, { maxLength: 3 }),
});
const outcome: fc.Arbitrary<Outcome> = fc.record({
  v: fc.constant(1 as const), universe: fc.constant('u'), frameTs: time, symbols: two(instrument),
  matured: fc.array(fc.record({ horizonMs: fc.integer({ min: 1, max: 1e6 }), predictedTs: time, model: fc.constant('m'), role: fc.constant('champion' as const), late: fc.boolean(), realisedBps: two(bps), retBps: two(bps), loBps: two(bps), hiBps: two(bps), pUp: two(bps), errBps: two(bps), covered: two(bps), naiveErrBps: two(bps) }), { maxLength: 3 }),
});

describe('the contract', () => {
  it('parse ∘ encode is the identity', () => {
    fc.assert(fc.property(feedMessage, (message) => {
      const { subject, body } = encodeFeedMessage('main', message);
      expect(parseFeedMessage(subject, body)).toEqual(message);
    }), seed);
    fc.assert(fc.property(prediction, (message) => void expect(parsePrediction(encodePrediction(message))).toEqual(message)), seed);
    fc.assert(fc.property(outcome, (message) => void expect(parseOutcome(encodeOutcome(message))).toEqual(message)), seed);
    const scores: Scores = { v: 1, universe: 'u', frameTs: 1, scores: [{ model: 'm', role: 'champion', horizonMs: 1, symbol: '*', n: 1, late: 0, blocks: 1, tooLittleData: true, skill: null, skillLo: null, skillHi: null, hitRate: null, baseRate: 1, zeroShare: 0, ic: 0.1, coverage: 1, intervalScoreBps: 2, rmseBps: 1, naiveRmseBps: 1 }] };
    expect(parseScores(encodeScores(scores))).toEqual(scores);
    const event: ModelEvent = { v: 1, universe: 'u', kind: 'promoted', model: 'm', sha256: 'a'.repeat(64), fromFrame: 5, who: 'w', why: 'y', evidence: { a: [1, { b: 2 }] }, at: 6 };
    expect(parseModelEvent(encodeModelEvent(event))).toEqual(event);
  });

  it('keeps every float32 of a row, NaN as NaN', () => {
    fc.assert(fc.property(fc.float32Array(), (rows) => void expect([...decodeRows(encodeRows(rows))]).toEqual([...rows])), seed);
    const frame: Frame = { v: 1, universe: 'u', ts: 1, schema: 's', symbols: ['v.A'], rows: encodeRows(new Float32Array([NaN, -0, 1.5])), mid: [null], flags: [3] };
    expect(parseFrame(encodeFrame(frame))).toEqual(frame);
  });

  it('instrument ids survive any text and hold no character that NATS reserves', () => {
    fc.assert(fc.property(fc.string({ minLength: 1 }), (text) => {
      expect(decodeToken(encodeToken(text))).toBe(text);
      expect(encodeToken(text)).not.toMatch(/[.*>\s]/);
    }), seed);
    expect(fromInstrumentId(toInstrumentId('nyse', 'BRK.B'))).toEqual({ venue: 'nyse', symbol: 'BRK.B' });
  });

  it('drops unknown fields and names the path of a wrong one', () => {
    const bytes = (value: unknown): Uint8Array => new TextEncoder().encode(JSON.stringify(value));
    const good = { v: 1, type: 'quote', bid: 1, bidSize: 1, ask: 2, askSize: 1, tsEvent: 1, tsInit: 1 };
    expect(parseFeedMessage('ticks.m.v.A', bytes({ ...good, extra: 1 }))).toEqual({ ...good, instrument: 'v.A' });
    expect(() => parseFeedMessage('ticks.m.v.A', bytes({ ...good, ask: 'x' }))).toThrow(/ask/);
    expect(() => parseFeedMessage('ticks.m.v.A', bytes({ ...good, tsInit: undefined }))).toThrow(/tsInit/);
    expect(() => parseFeedMessage('ticks.m', bytes(good))).toThrow(RefusedError);
    expect(() => parseFeedMessage('other.m', bytes(good))).toThrow(RefusedError);
    expect(() => parseFrame(new Uint8Array(MAX_MESSAGE_BYTES + 1))).toThrow(/at most/);
  });

  it('refuses whatever is no message', () => {
    fc.assert(fc.property(fc.oneof(fc.uint8Array({ maxLength: 200 }), fc.json().map((text) => new TextEncoder().encode(text))), (bytes) => {
      for (const parse of [parseFrame, parsePrediction, parseOutcome, parseScores, parseModelEvent, (b: Uint8Array) => parseFeedMessage('ticks.m.v.A', b)]) expect(() => parse(bytes)).toThrow(RefusedError);
    }), seed);
  });
});
