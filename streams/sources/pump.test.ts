/** The pump's rules, with a feed that stores in memory and a wall clock that only moves when somebody sleeps. */
import { Registry } from 'prom-client';
import { describe, expect, test } from 'vitest';
import type { WallClock } from '../../runtime/clock.ts';
import { CorruptError, FencedError } from '../../runtime/errors.ts';
import type { FeedPublisher } from '../edge/feedPublisher.ts';
import type { FeedMessage } from '../messages/feed.ts';
import { pump, type PumpContext } from './pump.ts';
import type { Source } from './source.ts';

const S = 1_000_000;
const START = 1_000 * S;
const FEED = { name: 'f', speed: null, fastUntil: null };
const clock = (seconds: number): FeedMessage => ({ v: 1, type: 'clock', tsInit: START + seconds * S });
const status = (seconds: number, kind: 'connected' | 'disconnected' | 'end', venue?: string): FeedMessage => ({ v: 1, type: 'status', tsInit: START + seconds * S, status: { kind, ...(venue !== undefined && { venue }) } });
const RECORDING: FeedMessage[] = [
  { instrument: 'v.S', tsInit: START, tsEvent: START, size: 2, price: 1, type: 'trade', v: 1 },
  clock(1), clock(2), clock(3), status(3, 'end'),
];

function sourceOf(kind: Source['kind'], messages: readonly FeedMessage[], chunk = 2): Source {
  return {
    kind, title: 'a test', instruments: ['v.S'], counts: { trades: 0, quotes: 0, dropped: { malformed: 3 } },
    async *messages(signal) {
      for (let i = 0; i < messages.length && !signal.aborted; i += chunk) yield messages.slice(i, i + chunk);
    },
  };
}

function setUp(stored: readonly FeedMessage[] = []) {
  const feed: { message: FeedMessage; atUs: number; flushed: boolean }[] = stored.map((message) => ({ message, atUs: 0, flushed: true }));
  const abort = new AbortController();
  const reports: Parameters<PumpContext['report']>[0][] = [];
  let nowUs = START;
  const wall: WallClock = {
    nowUs: () => nowUs,
    async sleep(ms) {
      expect(feed.every(({ flushed }) => flushed), 'nothing is unacknowledged while it sleeps').toBe(true);
      nowUs += ms * 1_000;
    },
  };
  const publisher: FeedPublisher = {
    lastSeq: stored.length,
    lastMessage: stored.at(-1) ?? null,
    publish: async (messages) => void feed.push(...messages.map((message) => ({ message, atUs: nowUs, flushed: false }))),
    flush: async () => feed.forEach((entry) => (entry.flushed = true)),
  };
  const metrics = new Registry();
  const log = { info: () => undefined, debug: () => undefined, warn: () => undefined, error: () => undefined };
  const context: PumpContext = {
    signal: abort.signal, metrics, log,
    report(change) {
      reports.push(change);
      if (change.detail?.endsWith('has ended')) abort.abort();
    },
  };
  return { feed, abort, reports, wall, publisher, metrics, context, now: () => nowUs, messages: () => feed.map(({ message }) => message) };
}

describe('a virtual source', () => {
  test('is published from the beginning, then the service waits for the signal and says that it has ended', async () => {
    const { context, feed, metrics, messages, publisher, reports, wall } = setUp();
    await pump(sourceOf('recording', RECORDING), publisher, FEED, wall, context);
    expect(messages()).toEqual(RECORDING);
    expect(feed.every(({ flushed }) => flushed)).toBe(true);
    expect(reports.at(-1)).toEqual({ state: 'running', detail: 'the recording has ended' });
    expect(reports).toContainEqual({ cursors: { 'TICKS-f': 5 }, counts: { trades: 0, quotes: 0, 'dropped: malformed': 3 } });
    const text = await metrics.metrics();
    expect(text).toContain('foretick_source_messages_total{type="clock"} 3');
    expect(text).toContain('foretick_source_dropped_total{reason="malformed"} 3');
  });

  test.each([0, 1, 2, 3, 4, 5])('goes on behind %i stored messages, and adds nothing', async (count) => {
    const stored = RECORDING.slice(0, count).map((message): FeedMessage => (message.type === 'trade' ? { v: 1, type: 'trade', price: 1, size: 2, tsEvent: START, tsInit: START, instrument: 'v.S' } : message));
    const { context, messages, publisher, wall } = setUp(stored);
    await pump(sourceOf('simulated', RECORDING), publisher, FEED, wall, context);
    expect(messages()).toEqual(RECORDING);
  });

  test.each([2, 3, 4])('is not ready before it has read the %i stored messages again', async (count) => {
    const { context, publisher, reports, wall } = setUp(RECORDING.slice(0, count));
    const heard: (string | undefined)[] = [];
    const source: Source = { ...sourceOf('recording', []), async *messages() {
      for (const message of RECORDING) {
        yield [message];
        heard.push(reports.findLast(({ state }) => state !== undefined)?.state);
      }
    } };
    await pump(source, publisher, FEED, wall, context);
    expect(heard).toEqual([...new Array<string>(count - 1).fill('starting'), ...new Array<string>(RECORDING.length - count + 1).fill('running')]);
  });

  test('goes on at its place when retention has taken every stored message', async () => {
    const { context, messages, publisher, wall } = setUp(RECORDING.slice(0, 3));
    await pump(sourceOf('recording', RECORDING), { ...publisher, lastMessage: null }, FEED, wall, context);
    expect(messages()).toEqual(RECORDING);
    const more = setUp(RECORDING);
    await expect(pump(sourceOf('recording', RECORDING.slice(0, 4)), { ...more.publisher, lastMessage: null }, FEED, more.wall, more.context)).rejects.toThrow(/1 messages more than the source/);
  });

  test('refuses a feed that was made from something else', async () => {
    const other = setUp([clock(0), clock(1.5)]);
    await expect(pump(sourceOf('recording', RECORDING), other.publisher, FEED, other.wall, other.context)).rejects.toThrow(CorruptError);
    expect(other.messages()).toHaveLength(2);
    const longer = setUp([...RECORDING, clock(4)]);
    await expect(pump(sourceOf('recording', RECORDING), longer.publisher, FEED, longer.wall, longer.context)).rejects.toThrow('it holds 1 messages more than the source');
  });

  test('keeps the pace from fastUntil on', async () => {
    const { context, feed, publisher, wall } = setUp();
    await pump(sourceOf('recording', RECORDING), publisher, { name: 'f', speed: 2, fastUntil: START + S }, wall, context);
    expect(feed.map(({ atUs }) => (atUs - START) / S)).toEqual([0, 0, 0.5, 1, 1]);
  });

  test('stops in mid-wait when told to', async () => {
    const { abort, context, messages, publisher, wall } = setUp();
    const sleep = async (): Promise<void> => abort.abort();
    await pump(sourceOf('recording', RECORDING, 5), publisher, { name: 'f', speed: 1, fastUntil: null }, { ...wall, sleep }, context);
    expect(messages()).toEqual(RECORDING.slice(0, 1));
  });

  test('passes on that somebody else owns the feed', async () => {
    const { context, publisher, wall } = setUp();
    const publish = (): Promise<void> => Promise.reject(new FencedError('taken'));
    await expect(pump(sourceOf('recording', RECORDING), { ...publisher, publish }, FEED, wall, context)).rejects.toThrow(FencedError);
  });
});

describe('a live source', () => {
  test('says first what was missed while nobody ran', async () => {
    const { context, messages, now, publisher, wall } = setUp([clock(-5)]);
    await pump(sourceOf('live', [clock(1)]), publisher, FEED, wall, context);
    expect(messages().slice(1)).toEqual([
      { v: 1, type: 'status', tsInit: now(), status: { kind: 'gap', from: START - 5 * S, to: now(), reason: 'the source was not running' } }, clock(1),
    ]);
  });

  test('on an empty feed there is nothing to have missed, and speed is not for it', async () => {
    const { context, messages, now, publisher, reports, wall } = setUp();
    const live = [status(0, 'disconnected'), clock(1), status(2, 'connected'), clock(3)];
    await pump(sourceOf('live', live), publisher, { name: 'f', speed: 1, fastUntil: null }, wall, context);
    expect(messages()).toEqual(live);
    expect(now()).toBe(START);
    expect(reports.map(({ state, detail }) => [state, detail]).slice(1, 3)).toEqual([['waiting', 'not connected: no reason given'], ['running', 'a test']]);
  });

  test('of two venues waits only while neither is connected, and names the one that is away', async () => {
    const { context, publisher, reports, wall } = setUp();
    const live = [status(0, 'disconnected', 'v'), status(0, 'disconnected', 'w'), status(1, 'connected', 'v'), clock(2), status(3, 'connected', 'w'), clock(4)];
    await pump({ ...sourceOf('live', live), instruments: ['v.S', 'w.S'] }, publisher, FEED, wall, context);
    expect(reports.map(({ state, detail }) => [state, detail]).slice(1, 4)).toEqual([
      ['waiting', 'not connected: v (no reason given), w (no reason given)'], ['running', 'a test; not connected: w (no reason given)'], ['running', 'a test'],
    ]);
  });
});
