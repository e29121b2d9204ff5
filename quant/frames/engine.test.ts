import { describe, expect, it } from 'vitest';
import { FLAG } from '../../streams/messages/frame.ts';
import type { FeedMessage } from '../../streams/messages/feed.ts';
import type { FeatureDefinition } from '../features/definition.ts';
import { createFrameEngine, type EngineFrame } from './engine.ts';

const S = 1_000_000;
const clock = (tsInit: number): FeedMessage => ({ v: 1, type: 'clock', tsInit });
const quote = (instrument: string, tsInit: number, bid: number): FeedMessage => ({ v: 1, type: 'quote', instrument, bid, bidSize: 1, ask: bid + 2, askSize: 1, tsEvent: tsInit, tsInit });
const trade = (instrument: string, tsInit: number, price: number): FeedMessage => ({ v: 1, type: 'trade', instrument, price, size: 1, tsEvent: tsInit, tsInit });
const status = (tsInit: number, s: Extract<FeedMessage, { type: 'status' }>['status']): FeedMessage => ({ v: 1, type: 'status', tsInit, status: s });

/** Counts ticks since the reset, and steps. */
const counter: FeatureDefinition = {
  name: 'count', group: 'flow', unit: '1', source: 'test', warmupMs: 2_000, directional: true, slots: 1,
  init: (state) => void (state[0] = 0), onQuote: (state) => void (state[0]! += 1), onTrade: (state) => void (state[0]! += 1), onStep: (state) => state[0]!,
};
const engineOf = () => createFrameEngine({ instruments: ['v.A', 'v.B'], leaders: ['v.A'], stepMs: 1_000, features: [counter] });
const run = (messages: readonly FeedMessage[], engine = engineOf()): EngineFrame[] => messages.flatMap((message) => [...engine.push(message)]);
const table = (frames: EngineFrame[]) => frames.map((frame) => [frame.ts / S, [...frame.rows], [...frame.mid]]);

describe('frames', () => {
  it('hold exactly what stands before the first message with tsInit ≥ T', () => {
    const frames = run([quote('v.A', 10.2 * S, 100), quote('v.A', 10.999999 * S, 101), quote('v.A', 11 * S, 200), clock(12 * S)]);
    expect(table(frames)).toEqual([[11, [2, 0], [102, NaN]], [12, [3, 0], [201, NaN]]]);
  });

  it('take a tsInit behind known time as known time', () => {
    const frames = run([quote('v.A', 10.5 * S, 100), clock(11 * S), trade('v.B', 10.6 * S, 7), clock(12 * S)]);
    expect(table(frames)).toEqual([[11, [1, 0], [101, NaN]], [12, [1, 1], [101, 7]]]);
  });

  it('close every step of a quiet market', () => {
    expect(run([clock(10.1 * S), clock(15 * S)]).map((frame) => frame.ts / S)).toEqual([11, 12, 13, 14, 15]);
  });

  it('make one frame without mids of a jump above 10 s, flagged gap, and start features anew', () => {
    const frames = run([quote('v.A', 10.5 * S, 100), clock(11 * S), clock(30.4 * S), clock(31 * S)]);
    expect(table(frames)).toEqual([[11, [1, 0], [101, NaN]], [30, [0, 0], [NaN, NaN]], [31, [0, 0], [101, NaN]]]);
    expect(frames[1]!.flags[0]! & FLAG.gap).toBe(FLAG.gap);
    expect(frames[2]!.flags[0]! & (FLAG.gap | FLAG.stale)).toBe(FLAG.stale);
  });

  it('flag staleness, warm-up, missing quotes, disconnection and reported gaps', () => {
    const frames = run([
      trade('v.A', 10.5 * S, 5), clock(11 * S), status(11.2 * S, { kind: 'gap', from: 0, to: 1, reason: 'x' }), status(11.3 * S, { kind: 'disconnected' }),
      clock(12 * S), status(12.1 * S, { kind: 'connected' }), clock(13 * S),
    ]);
    expect(frames.map((frame) => frame.flags[0])).toEqual([FLAG.warmingUp | FLAG.noQuote, FLAG.warmingUp | FLAG.noQuote | FLAG.gap | FLAG.disconnected, FLAG.noQuote]);
    expect(frames[0]!.flags[1]).toBe(FLAG.warmingUp | FLAG.noQuote | FLAG.stale);
  });

  it('flag the gap and lost connection of a venue for its instruments alone', () => {
    const engine = createFrameEngine({ instruments: ['v.A', 'w.A', 'v.B'], leaders: [], stepMs: 1_000, features: [] });
    const link = (frame: EngineFrame): number[] => [...frame.flags].map((flags) => flags & (FLAG.gap | FLAG.disconnected));
    const frames = run([
      status(10.1 * S, { kind: 'disconnected' }), status(10.2 * S, { kind: 'connected', venue: 'v' }), clock(11 * S),
      status(11.1 * S, { kind: 'gap', venue: 'v', from: 0, to: 1, reason: 'x' }), status(11.2 * S, { kind: 'connected', venue: 'w' }), clock(12 * S),
      status(12.1 * S, { kind: 'disconnected', venue: 'v' }), status(12.2 * S, { kind: 'gap', from: 0, to: 1, reason: 'x' }), status(12.3 * S, { kind: 'disconnected', venue: 'elsewhere' }), clock(13 * S),
    ], engine);
    expect(frames.map(link)).toEqual([[0, FLAG.disconnected, 0], [FLAG.gap, 0, FLAG.gap], [FLAG.gap | FLAG.disconnected, FLAG.gap, FLAG.gap | FLAG.disconnected]]);
  });

  it('exist only inside sessions, and an opening starts anew', () => {
    const frames = run([
      status(0, { kind: 'connected' }), status(100 * S, { kind: 'sessionOpen', from: 100 * S, to: 102 * S }), clock(100 * S), quote('v.A', 100.5 * S, 10), clock(101 * S), clock(102 * S),
      status(102 * S, { kind: 'sessionClose' }), quote('v.A', 103 * S, 99), status(900 * S, { kind: 'sessionOpen', from: 900 * S, to: 902 * S }), clock(901 * S),
    ]);
    expect(table(frames)).toEqual([[101, [1, 0], [11, NaN]], [102, [1, 0], [11, NaN]], [901, [0, 0], [NaN, NaN]]]);
  });

  it('are the same after a snapshot and a restore anywhere', () => {
    const messages: FeedMessage[] = [];
    for (let i = 0; i < 200; i++) messages.push(i % 7 === 0 ? clock((i + 1) * 0.3 * S) : quote(i % 3 ? 'v.A' : 'v.B', (i + 1) * 0.3 * S, 100 + (i % 13)));
    const whole = run(messages);
    for (let cut = 0; cut < messages.length; cut += 17) {
      const first = engineOf();
      const before = run(messages.slice(0, cut), first);
      const second = engineOf();
      second.restore(first.snapshot());
      expect([...before, ...run(messages.slice(cut), second)]).toEqual(whole);
    }
    expect(() => engineOf().restore(new Float64Array(3))).toThrow(RangeError);
  });
});
