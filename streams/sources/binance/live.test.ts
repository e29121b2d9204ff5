/** The live adapter against a venue that misbehaves. Wall clock and sockets are real; nothing is asserted about speed. */
import { existsSync, readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, test } from 'vitest';
import { wallClock } from '../../../runtime/clock.ts';
import { RefusedError } from '../../../runtime/errors.ts';
import { CLOCK_STEP_US, type Status } from '../../messages/control.ts';
import type { FeedMessage } from '../../messages/feed.ts';
import type { Quote, Trade } from '../../messages/tick.ts';
import type { Source } from '../source.ts';
import { type FakeVenue, startFakeVenue, type Step } from './fakeVenue.ts';
import { type LiveLimits, LIVE_LIMITS, openBinance, probeBinance } from './live.ts';
import { createBinanceParser, MAX_FRAME_CHARS } from './parse.ts';

const recording = fileURLToPath(new URL('../../../../shared/data/binance-usdm/btcusdt_20240719.gz', import.meta.url));
const absent = !existsSync(recording) && !process.env['CI'];
if (absent) console.log('skipped: the recordings of ../shared/data are not here');

const FRAMES = 3_000;
const frames = absent ? [] : gunzipSync(readFileSync(recording)).toString('utf8').split('\n').slice(0, FRAMES).map((line) => line.slice(20));

/** Fast enough for a test, slow enough for a busy machine. */
const LIMITS: LiveLimits = { ...LIVE_LIMITS, firstMs: 5, maxMs: 20, checkEveryMs: 20, pingAfterMs: 200, deadAfterMs: 1_000, quietAfterMs: 1_500 };

const isTick = (message: FeedMessage): message is Trade | Quote => message.type === 'trade' || message.type === 'quote';
const isStatus = (message: FeedMessage): message is Status => message.type === 'status';
/** What identifies a tick whatever the connection it came over. */
const keyOf = ({ tsInit: _, ...tick }: Trade | Quote): string => JSON.stringify(tick);
const genuine = (from: number, to: number): string[] => {
  const parser = createBinanceParser('binance-usdm');
  return frames.slice(from, to).map((text) => parser.parse(text, 0)).filter((parsed): parsed is Trade | Quote => parsed !== null && !('dropped' in parsed)).map(keyOf);
};

const END = 'the script has ended';
let venue: FakeVenue | undefined;
afterEach(async () => {
  await venue?.close();
  venue = undefined;
});

/** Plays the script and returns everything up to the `disconnected` that its last step, a close, causes. */
async function play(script: readonly Step[]): Promise<{ source: Source; messages: FeedMessage[] }> {
  venue = await startFakeVenue(frames, [...script, { do: 'close', reason: END }]);
  const source = openBinance([{ market: 'usdm', streamUrl: venue.url, symbols: ['btcusdt'] }], wallClock, () => 0.5, LIMITS);
  const stop = new AbortController();
  const messages: FeedMessage[] = [];
  for await (const chunk of source.messages(stop.signal)) {
    expect(chunk.length).toBeLessThanOrEqual(1_000);
    messages.push(...chunk);
    if (chunk.some((message) => isStatus(message) && message.status.kind === 'disconnected' && message.status.detail?.includes(END))) break;
  }
  stop.abort();
  return { source, messages };
}

describe.skipIf(absent)('a venue that misbehaves', () => {
  test('a plain session: every tick once, in order, stamped, with its clocks', async () => {
    const { source, messages } = await play([{ do: 'send', count: FRAMES }]);
    const ticks = messages.filter(isTick);
    expect(ticks.map(keyOf)).toEqual(genuine(0, FRAMES));
    expect(source.counts).toEqual({ trades: ticks.filter(({ type }) => type === 'trade').length, quotes: ticks.filter(({ type }) => type === 'quote').length, dropped: {} });
    expect(messages.filter(isStatus).map(({ status }) => status.kind)).toEqual(['disconnected', 'connected', 'gap', 'disconnected']);
    expectClocks(messages);
    expect(venue!.subscriptions).toEqual([['btcusdt@trade', 'btcusdt@bookTicker']]);
  });

  test('cut in mid-frame, closed, dead, quiet, refused: each tick that was sent comes once, each loss is a gap', async () => {
    const { source, messages } = await play([
      { do: 'refuseDial', status: 503 }, { do: 'refuseDial', status: 503 },
      { do: 'send', count: 500 }, { do: 'cutMidFrame' },
      { do: 'repeat', count: 200 }, { do: 'send', count: 500 }, { do: 'close', reason: '24 hours' },
      { do: 'refuseSubscription' },
      { do: 'repeat', count: 500 }, { do: 'send', count: 500 }, { do: 'playDead' },
      { do: 'repeat', count: 50 }, { do: 'send', count: 500 }, { do: 'fallQuiet' },
      { do: 'miss', count: 500 }, { do: 'send', count: 500 },
    ]);
    expect(messages.filter(isTick).map(keyOf)).toEqual([...genuine(0, 2_000), ...genuine(2_500, 3_000)]);
    expect(source.counts.dropped['duplicate']).toBeGreaterThan(500);
    expect(Object.keys(source.counts.dropped)).toEqual(['duplicate']);
    expect(linkStory(messages)).toEqual([
      expect.stringMatching(/^connecting to 127\.0\.0\.1:\d+$/), 'Unexpected server response: 503', 'connected', 'gap',
      expect.stringContaining('(1006)'), 'connected', 'gap',
      'the venue closed the connection (1008: 24 hours)', 'the venue refused the subscription: Invalid request', 'connected', 'gap',
      'no sign of life for 1 s', 'connected', 'gap',
      'no tick for 1.5 s', 'connected', 'gap',
      `the venue closed the connection (1008: ${END})`,
    ]);
    expectWholeGaps(messages);
    expectClocks(messages);
    expect(venue!.subscriptions.every((streams) => streams.length === 2)).toBe(true);
    expect(venue!.dials()).toBe(8);
  });

  test('garbage, binary, huge and foreign frames take no tick away and are counted', async () => {
    const { source, messages } = await play([
      { do: 'send', count: 300 }, { do: 'raw', data: 'garbage' }, { do: 'raw', data: '{"stream":"btcusdt@trade","data":{"e":"trade","__proto__":{"s":"BTCUSDT"}}}' },
      { do: 'send', count: 300 }, { do: 'raw', data: Buffer.from(frames[700] ?? '') }, { do: 'raw', data: (frames[700] ?? '').replaceAll('BTCUSDT', 'DOGEUSDT') },
      { do: 'raw', data: '{"result":null,"id":99}' }, { do: 'send', count: 300 }, { do: 'raw', data: 'x'.repeat(MAX_FRAME_CHARS + 1) }, { do: 'fallQuiet' },
      { do: 'repeat', count: 10 }, { do: 'send', count: 300 },
    ]);
    expect(messages.filter(isTick).map(keyOf)).toEqual(genuine(0, 1_200));
    expect(source.counts.dropped).toEqual({ malformed: 2, binary: 1, unknownSymbol: 1, tooLarge: 1, duplicate: expect.any(Number) });
    expect(messages.filter(isStatus).map(({ status }) => status.kind)).toEqual(['disconnected', 'connected', 'gap', 'disconnected', 'connected', 'gap', 'disconnected']);
  });

  test('a reader that is too slow loses a counted number, inside a gap, and gets the rest', async () => {
    venue = await startFakeVenue(frames, [{ do: 'send', count: 1_000 }, { do: 'close', reason: 'a pause' }, { do: 'send', count: 1_000 }, { do: 'close', reason: END }]);
    const source = openBinance([{ market: 'usdm', streamUrl: venue.url, symbols: ['BTCUSDT'] }], wallClock, () => 0.5, { ...LIMITS, inboxMessages: 200 });
    const reader = source.messages(new AbortController().signal);
    const messages = [...(await reader.next()).value!];
    while (venue.dials() < 2) await wallClock.sleep(5);
    for await (const chunk of reader) {
      messages.push(...chunk);
      if (chunk.some((message) => isStatus(message) && message.status.kind === 'disconnected' && message.status.detail?.includes(END))) break;
    }
    const ticks = messages.filter(isTick).map(keyOf);
    const sent = genuine(0, 2_000);
    const dropped = source.counts.dropped['overflow']!;
    expect(dropped).toBeGreaterThan(0);
    expect(ticks).toHaveLength(sent.length - dropped);
    let at = -1;
    expect(ticks.every((tick) => (at = sent.indexOf(tick, at + 1)) >= 0), 'what came is what was sent, in order').toBe(true);
    expect(messages.filter(isStatus).some(({ status }) => status.kind === 'gap' && status.reason.startsWith('the reader was too slow: '))).toBe(true);
    expectClocks(messages);
  });

  test('abort ends the source and its connection', async () => {
    venue = await startFakeVenue(frames, [{ do: 'send', count: 10 }, { do: 'fallQuiet' }]);
    const stop = new AbortController();
    let chunks = 0;
    for await (const _ of openBinance([{ market: 'usdm', streamUrl: venue.url, symbols: ['BTCUSDT'] }], wallClock).messages(stop.signal)) {
      if (++chunks === 3) stop.abort();
    }
    expect(stop.signal.aborted).toBe(true);
    expect(chunks).toBeLessThan(10);
  });
});

describe('probe', () => {
  test('true when the venue answers a subscription', async () => {
    venue = await startFakeVenue([], []);
    expect(await probeBinance({ market: 'spot', streamUrl: venue.url, symbols: ['BTCUSDT'] }, wallClock)).toBe(true);
  });

  test.each<Step>([{ do: 'refuseDial', status: 451 }, { do: 'refuseSubscription' }])('false when it refuses: %o', async (step) => {
    venue = await startFakeVenue([], [step]);
    expect(await probeBinance({ market: 'spot', streamUrl: venue.url, symbols: ['BTCUSDT'] }, wallClock)).toBe(false);
  });

  test('false when nobody is there', async () => {
    venue = await startFakeVenue([], []);
    await venue.close();
    const { url } = venue;
    venue = undefined;
    expect(await probeBinance({ market: 'spot', streamUrl: url, symbols: ['BTCUSDT'] }, wallClock)).toBe(false);
  });
});

test('an address or symbol that cannot be right is refused at once', () => {
  expect(() => openBinance([{ market: 'spot', streamUrl: 'https://example.com', symbols: ['BTCUSDT'] }], wallClock)).toThrow(RefusedError);
  expect(() => openBinance([{ market: 'spot', streamUrl: 'wss://example.com', symbols: ['BTC/USDT'] }], wallClock)).toThrow('not a symbol of Binance: BTC/USDT');
});

const linkStory = (messages: readonly FeedMessage[]): (string | undefined)[] =>
  messages.filter(isStatus).map(({ status }) => (status.kind === 'disconnected' ? status.detail : status.kind));

/** Each gap ends where it is reported and holds no tick. */
function expectWholeGaps(messages: readonly FeedMessage[]): void {
  for (const [at, message] of messages.entries()) {
    if (!isStatus(message) || message.status.kind !== 'gap') continue;
    const { from, to } = message.status;
    expect(to).toBe(message.tsInit);
    expect(from).toBeLessThanOrEqual(to);
    expect(messages.slice(0, at).filter(isTick).every(({ tsInit }) => tsInit <= from)).toBe(true);
    expect(messages.slice(at).filter(isTick).every(({ tsInit }) => tsInit >= to)).toBe(true);
  }
}

/** Known time never goes back, and the clocks are the whole grid, each before the first message at or after it. */
function expectClocks(messages: readonly FeedMessage[]): void {
  const clocks = messages.filter(({ type }) => type === 'clock').map(({ tsInit }) => tsInit);
  const first = Math.ceil(messages[0]!.tsInit / CLOCK_STEP_US);
  const last = Math.floor(messages.at(-1)!.tsInit / CLOCK_STEP_US);
  expect(clocks).toEqual(Array.from({ length: last - first + 1 }, (_, i) => (first + i) * CLOCK_STEP_US));
  expect(messages.every(({ tsInit }, i) => i === 0 || tsInit >= messages[i - 1]!.tsInit)).toBe(true);
  messages.forEach((message, i) => {
    if (message.type === 'clock') expect(messages.slice(0, i).every(({ tsInit }) => tsInit <= message.tsInit)).toBe(true);
  });
}
