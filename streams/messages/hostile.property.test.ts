/**
 * Whatever bytes arrive as a message: a message of the contract, or a RefusedError that names what is wrong; no prototype
 * is changed, no depth or size is followed. Each parser gets random bytes, damaged genuine messages and hostile values in
 * each of their fields. FORETICK_FULL=1 runs a hundred times as many.
 */
import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import { cardFor } from '../../inference/fakeModel.ts';
import { encodeCard, parseCard } from '../../registry/card.ts';
import { RefusedError } from '../../runtime/errors.ts';
import { longestPause } from '../../tests/support/watch.ts';
import { decodeJson, MAX_JSON_DEPTH, MAX_MESSAGE_BYTES } from '../parse.ts';
import { encodeFeedMessage, parseFeedMessage } from './feed.ts';
import { encodeFrame, encodeRows, parseFrame } from './frame.ts';
import { encodeLatest, parseLatestPrediction, parseLatestPrice, parseLatestScore } from './latest.ts';
import { encodeModelEvent, parseModelEvent } from './model.ts';
import { encodeOutcome, parseOutcome } from './outcome.ts';
import { encodePrediction, parsePrediction } from './prediction.ts';
import { encodeScores, parseScores, type Score } from './score.ts';

if (process.env['FORETICK_FULL'] === '1') vi.setConfig({ testTimeout: 1_200_000 });

const RUNS = { seed: 20_261_124, numRuns: process.env['FORETICK_FULL'] === '1' ? 30_000 : 300 };
const text = new TextEncoder();
const bytesOf = (value: unknown): Uint8Array => text.encode(JSON.stringify(value));

const score: Score = { model: 'm', role: 'champion', horizonMs: 1_000, symbol: 'v.A', n: 1, late: 0, blocks: 1, tooLittleData: true, skill: null, skillLo: null, skillHi: null, hitRate: null, baseRate: 1, zeroShare: 0, ic: 0.1, coverage: 1, intervalScoreBps: 2, rmseBps: 1, naiveRmseBps: 1 };
const horizon = { horizonMs: 1_000, retBps: [1], loBps: [0], hiBps: [2], pUp: [0.5] };
const { body: quoteBody } = encodeFeedMessage('m', { v: 1, type: 'quote', instrument: 'v.A', bid: 1, bidSize: 1, ask: 2, askSize: 1, tsEvent: 1, tsInit: 1 });
const { body: tradeBody } = encodeFeedMessage('m', { v: 1, type: 'trade', instrument: 'v.A', price: 1, size: 1, side: 'buy', id: '7', tsEvent: 1, tsInit: 1 });
const { body: clockBody } = encodeFeedMessage('m', { v: 1, type: 'clock', tsInit: 1 });
const { body: statusBody } = encodeFeedMessage('m', { v: 1, type: 'status', tsInit: 1, status: { kind: 'gap', from: 1, to: 2, reason: 'r' } });

interface Kind { readonly name: string; readonly genuine: Uint8Array; readonly parse: (bytes: Uint8Array) => unknown; readonly encode: (message: never) => Uint8Array }
const feed = (name: string, subject: string, genuine: Uint8Array): Kind => ({ name, genuine, parse: (bytes) => parseFeedMessage(subject, bytes), encode: (message) => encodeFeedMessage('m', message).body });
/** The whole catalogue: every message, and the card that stands beside a model. */
const CATALOGUE: readonly Kind[] = [
  feed('quote', 'ticks.m.v.A', quoteBody), feed('trade', 'ticks.m.v.A', tradeBody), feed('clock', 'clock.m', clockBody), feed('status', 'status.m', statusBody),
  { name: 'frame', genuine: encodeFrame({ v: 1, universe: 'u', ts: 1, schema: 's', symbols: ['v.A'], rows: encodeRows(Float32Array.of(1, NaN)), mid: [1], flags: [0] }), parse: parseFrame, encode: encodeFrame },
  { name: 'prediction', genuine: encodePrediction({ v: 1, universe: 'u', frameTs: 1, madeAt: 2, late: false, role: 'champion', model: 'm', schema: 's', symbols: ['v.A'], refPrice: [1], flags: [0], horizons: [horizon] }), parse: parsePrediction, encode: encodePrediction },
  { name: 'outcome', genuine: encodeOutcome({ v: 1, universe: 'u', frameTs: 1, symbols: ['v.A'], matured: [{ ...horizon, predictedTs: 1, model: 'm', role: 'champion', late: false, realisedBps: [1], errBps: [0], covered: [1], naiveErrBps: [1] }] }), parse: parseOutcome, encode: encodeOutcome },
  { name: 'scores', genuine: encodeScores({ v: 1, universe: 'u', frameTs: 1, scores: [score] }), parse: parseScores, encode: encodeScores },
  { name: 'model event', genuine: encodeModelEvent({ v: 1, universe: 'u', kind: 'promoted', model: 'm', sha256: 'a'.repeat(64), fromFrame: 5, who: 'w', why: 'y', evidence: { a: [1, { b: 2 }] }, at: 6 }), parse: parseModelEvent, encode: encodeModelEvent },
  { name: 'latest price', genuine: encodeLatest({ v: 1, ts: 1, mid: 1, bid: 1, ask: 1, bidSize: 1, askSize: 1, last: null }), parse: parseLatestPrice, encode: encodeLatest },
  { name: 'latest prediction', genuine: encodeLatest({ v: 1, frameTs: 1, madeAt: 2, late: false, model: 'm', refPrice: 1, flags: 0, horizons: [{ horizonMs: 1, retBps: 1, loBps: null, hiBps: 1, pUp: 0.5 }] }), parse: parseLatestPrediction, encode: encodeLatest },
  { name: 'latest score', genuine: encodeLatest({ v: 1, frameTs: 1, scores: [score] }), parse: parseLatestScore, encode: encodeLatest },
  { name: 'model card', genuine: encodeCard(cardFor(new Uint8Array(3), 2, [1_000])), parse: parseCard, encode: encodeCard },
];

const hostileValue = fc.oneof(
  fc.constantFrom<unknown>(null, true, '', ' ', '__proto__', 'constructor', -1, 0.5, 1e308, -1e308, 2 ** 53, Number.MAX_SAFE_INTEGER, Number.MIN_VALUE, [], {}, [[]], '\u0000', '\ud800', 'x'.repeat(200), { toString: 1, valueOf: 1 }, { length: 1e9 }),
  fc.jsonValue({ maxDepth: 4 }) as fc.Arbitrary<unknown>,
);
/** Paths to every field of a value, through lists too. */
function pathsOf(value: unknown, path: readonly (string | number)[] = []): (readonly (string | number)[])[] {
  if (typeof value !== 'object' || value === null) return [path];
  return [path, ...Object.entries(value).flatMap(([key, inner]) => pathsOf(inner, [...path, Array.isArray(value) ? Number(key) : key]))];
}
function withAt(value: unknown, [key, ...rest]: readonly (string | number)[], replacement: unknown): unknown {
  if (key === undefined) return replacement;
  const copy = Array.isArray(value) ? [...value] : { ...(value as object) };
  (copy as Record<string | number, unknown>)[key] = withAt((copy as Record<string | number, unknown>)[key], rest, replacement);
  return copy;
}
const spoilt = ({ genuine }: Kind): fc.Arbitrary<Uint8Array> => {
  const value: unknown = JSON.parse(new TextDecoder().decode(genuine));
  const json = new TextDecoder().decode(genuine);
  return fc.oneof(
    fc.tuple(fc.constantFrom(...pathsOf(value)), hostileValue).map(([path, replacement]) => bytesOf(withAt(value, path, replacement))),
    fc.tuple(fc.nat(genuine.length - 1), fc.integer({ min: 1, max: 255 })).map(([at, flip]) => genuine.map((byte, i) => (i === at ? byte ^ flip : byte))),
    fc.nat(genuine.length - 1).map((end) => genuine.slice(0, end)),
    fc.constantFrom('__proto__', 'constructor', 'toString', 'v').map((key) => text.encode(`{"${key}":{"polluted":true,"v":2},${json.slice(1)}`)),
    fc.constantFrom('1e999', '-1e999', '123456789012345678901234567890', '1e-400').map((number) => text.encode(json.replace(/:\d+/, `:${number}`))),
    fc.uint8Array({ maxLength: 200 }),
  );
};

describe.each(CATALOGUE)('$name', (kind) => {
  it('is read, or refused with what is wrong; what was read can be written and read again', () => {
    expect(() => kind.parse(kind.genuine)).not.toThrow();
    const seen = { read: 0, refused: 0 };
    fc.assert(fc.property(spoilt(kind), (bytes) => {
      let message: unknown;
      try {
        message = kind.parse(bytes);
      } catch (error) {
        expect(error).toBeInstanceOf(RefusedError);
        expect((error as Error).message).not.toBe('');
        seen.refused++;
        return;
      }
      seen.read++;
      expect(kind.parse(kind.encode(message as never))).toEqual(message);
      expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
    }), RUNS);
    expect(seen.refused).toBeGreaterThan(RUNS.numRuns / 10);
  });

  it('of a megabyte, deep or wide, is refused without being followed', async () => {
    const deep = (open: string, close: string, levels: number): Uint8Array => text.encode(open.repeat(levels) + close.repeat(levels));
    const cases = [
      deep('[', ']', 499_000), deep('{"a":', '}', 160_000), text.encode('['.repeat(999_000)), text.encode(`"${'\\'.repeat(999_000)}`), text.encode(`[${'0,'.repeat(490_000)}0]`),
      text.encode(`{${Array.from({ length: 60_000 }, (_, i) => `"k${i}":0`).join(',')}}`), text.encode(`"${'x'.repeat(999_000)}"`), new Uint8Array(MAX_MESSAGE_BYTES).fill(0xff),
    ];
    for (const bytes of cases) {
      const { pauseMs } = await longestPause(() => expect(() => kind.parse(bytes)).toThrow(RefusedError));
      expect(pauseMs).toBeLessThan(1_000);
    }
    expect(() => kind.parse(deep('[', ']', 400))).toThrow(/deep/);
  });
});

describe('nesting', () => {
  it('is counted outside of strings, up to the limit', () => {
    const nested = (levels: number, inside: string): Uint8Array => text.encode(`${'['.repeat(levels)}"${inside}${' '.repeat(600)}"${']'.repeat(levels)}`);
    for (const inside of ['[[{{'.repeat(100), '\\"[\\\\'.repeat(50), ']]]]']) {
      expect(decodeJson(nested(MAX_JSON_DEPTH, inside), 'x')).toBeInstanceOf(Array);
      expect(() => decodeJson(nested(MAX_JSON_DEPTH + 1, inside), 'x')).toThrow(/nested more than 32 deep/);
    }
  });

  it('of evidence, which is passed on unread, is bounded in small messages too', () => {
    const event = { v: 1, universe: 'u', kind: 'promoted', model: 'm', sha256: 'a'.repeat(64), fromFrame: 5, who: 'w', why: 'y', at: 6 };
    expect(() => parseModelEvent(text.encode(`${JSON.stringify(event).slice(0, -1)},"evidence":{"a":${'['.repeat(30)}${']'.repeat(30)}}}`))).toThrow(/evidence: nested more than 8 deep/);
  });
});

describe('columns of one message', () => {
  const [frame, prediction, outcome] = ['frame', 'prediction', 'outcome'].map((name) => JSON.parse(new TextDecoder().decode(CATALOGUE.find((kind) => kind.name === name)!.genuine)) as Record<string, unknown>);
  it.each([
    ['mid: 2 entries for 1 symbols', () => parseFrame(bytesOf({ ...frame, mid: [1, 2] }))],
    ['rows: 4 bytes are not whole rows of float32 for 2 symbols', () => parseFrame(bytesOf({ ...frame, symbols: ['v.A', 'v.B'], mid: [1, 2], flags: [0, 0], rows: encodeRows(Float32Array.of(1)) }))],
    ['horizons.0.pUp: 0 entries for 1 symbols', () => parsePrediction(bytesOf({ ...prediction, horizons: [{ ...horizon, pUp: [] }] }))],
    ['matured.0.covered: 0 entries for 1 symbols', () => parseOutcome(bytesOf(withAt(outcome, ['matured', 0, 'covered'], [])))],
  ])('have one entry a symbol: %s', (words, parse) => {
    expect(parse).toThrow(words);
  });
});
