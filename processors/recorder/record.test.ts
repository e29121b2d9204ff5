/** The recorder's loop over real SQLite, with streams and a clock made of arrays. */
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { WallClock } from '../../runtime/clock.ts';
import { CorruptError, RetryError } from '../../runtime/errors.ts';
import type { StoredMessage } from '../../streams/edge/consume.ts';
import { encodeFeedMessage } from '../../streams/messages/feed.ts';
import { gather } from '../../store/history.conformance.ts';
import type { HistoryStore, StoreBatch } from '../../store/history.ts';
import { openStore } from '../../store/open.ts';
import { createBars } from '../../quant/bars.ts';
import { createModelsCollector, createOutcomesCollector, createPredictionsCollector, createTicksCollector } from './collect.ts';
import { FULL_ROWS, MAX_ROWS, type RecordEvents, recordStream } from './record.ts';

const T0 = 1_721_347_200_000_000;
const STREAM = 'TICKS-main';
const immediately: WallClock = { nowUs: () => 0, sleep: () => new Promise((resolve) => setImmediate(resolve)) };

let store: HistoryStore;
beforeEach(() => {
  store = openStore(':memory:');
});
afterEach(() => store.close());

const clockMessage = (seq: number): StoredMessage => {
  const { subject, body } = encodeFeedMessage('main', { v: 1, type: 'clock', tsInit: T0 + seq * 100_000 });
  return { seq, subject, data: body, header: () => undefined };
};
const raw = (seq: number, subject: string, body: string): StoredMessage => ({ seq, subject, data: new TextEncoder().encode(body), header: () => undefined });
const clocks = (from: number, to: number): StoredMessage[] => Array.from({ length: to - from + 1 }, (_, i) => clockMessage(from + i));

/** Yields the messages, then stays open until `end` resolves, as a quiet market does. */
async function* stream(messages: readonly StoredMessage[], end: Promise<void> = Promise.resolve()): AsyncGenerator<StoredMessage> {
  yield* messages;
  await end;
}

function record(messages: readonly StoredMessage[], change: Partial<Parameters<typeof recordStream>[0]> = {}) {
  const log: unknown[][] = [];
  const events: RecordEvents = {
    written: (...args) => void log.push(['written', ...args]), skipped: (...args) => void log.push(['skipped', ...args]),
    lost: (...args) => void log.push(['lost', ...args]), away: (...args) => void log.push(['away', ...args]),
  };
  const done = recordStream({
    source: stream(messages), fromSeq: 1, collector: createTicksCollector('main', createBars(), () => undefined), store, clock: immediately, events, signal: new AbortController().signal, ...change,
  });
  return { done, log };
}
/** A store that fails with `error` for the first `times` writes. */
const failing = (error: Error, times: number) => ({
  batches: [] as StoreBatch[],
  async write(batch: StoreBatch): Promise<void> {
    this.batches.push(batch);
    if (this.batches.length <= times) throw error;
    await store.write(batch);
  },
});
const seqs = async (): Promise<number[]> => (await gather(store.feedRows('main', 1))).flat().map((row) => row.seq);

describe('batches', () => {
  test('full ones are written at once, the rest when the stream ends', async () => {
    const { done, log } = record(clocks(1, FULL_ROWS + 5));
    await done;
    expect(log).toEqual([['written', STREAM, FULL_ROWS, FULL_ROWS], ['written', STREAM, FULL_ROWS + 5, 5]]);
    expect(await store.cursor(STREAM)).toBe(FULL_ROWS + 5);
    expect(await seqs()).toHaveLength(FULL_ROWS + 5);
  });

  test('while one is written the next is gathered: a slow store gets fewer and larger ones', async () => {
    const first = Promise.withResolvers<void>();
    const sizes: number[] = [];
    const slow = {
      async write(batch: StoreBatch): Promise<void> {
        sizes.push(batch.feed?.rows.length ?? 0);
        if (sizes.length === 1) await first.promise;
        await store.write(batch);
      },
    };
    const messages = (async function* () {
      yield* clocks(1, FULL_ROWS + 5_000);
      first.resolve();
    })();
    await record([], { source: messages, store: slow }).done;
    expect(sizes).toEqual([FULL_ROWS, 5_000]);
    expect(await seqs()).toEqual(Array.from({ length: FULL_ROWS + 5_000 }, (_, i) => i + 1));
  });

  test('a quiet market: what is there is written without a further message', async () => {
    const end = Promise.withResolvers<void>();
    const { done } = record([], { source: stream(clocks(1, 3), end.promise) });
    await vi.waitFor(async () => expect(await store.cursor(STREAM)).toBe(3));
    end.resolve();
    await done;
  });
});

describe('a store that is away', () => {
  test('the same batch is tried until it is written, none is lost or reordered', async () => {
    const flaky = failing(new RetryError('busy'), 3);
    const { done, log } = record(clocks(1, FULL_ROWS * 3), { store: flaky });
    await done;
    expect(log.filter(([kind]) => kind === 'away')).toEqual([['away', 'busy', 100], ['away', 'busy', 200], ['away', 'busy', 400]]);
    expect(await seqs()).toEqual(Array.from({ length: FULL_ROWS * 3 }, (_, i) => i + 1));
  });

  test('reading stops: at most two batches are held', async () => {
    let read = 0;
    const counted = (async function* () {
      for (const message of clocks(1, MAX_ROWS * 3)) {
        read += 1;
        yield message;
      }
    })();
    const flaky = failing(new RetryError('busy'), 50);
    let readWhileAway = 0;
    const clock: WallClock = { nowUs: () => 0, sleep: () => new Promise((resolve) => setTimeout(() => ((readWhileAway = read), resolve()), 5)) };
    const { done } = record([], { source: counted, store: flaky, clock });
    await vi.waitFor(() => expect(flaky.batches.length).toBeGreaterThan(45), { timeout: 5_000 });
    expect(readWhileAway).toBeLessThanOrEqual(FULL_ROWS + MAX_ROWS);
    await done;
    expect(await seqs()).toHaveLength(MAX_ROWS * 3);
  });

  test('until the service stops: nothing is written, nothing after it either, and it ends', async () => {
    const abort = new AbortController();
    const flaky = failing(new RetryError('busy'), 1_000_000);
    const end = Promise.withResolvers<void>();
    const { done, log } = record([], { source: stream(clocks(1, 10), end.promise), store: flaky, signal: abort.signal });
    await vi.waitFor(() => expect(flaky.batches.length).toBeGreaterThan(2));
    abort.abort();
    end.resolve();
    await done;
    expect(log.some(([kind]) => kind === 'written')).toBe(false);
    expect(await store.cursor(STREAM)).toBe(0);
  });

  test('for good: it throws, also when no message follows', async () => {
    const { done } = record([], { source: stream(clocks(1, 3), new Promise(() => undefined)), store: failing(new CorruptError('damaged'), 1) });
    await expect(done).rejects.toBeInstanceOf(CorruptError);
  });
});

describe('what the stream holds', () => {
  test('messages that cannot be read are passed over, with the reason, and not read again', async () => {
    const poison = [raw(2, 'clock.main', '{'), raw(3, 'elsewhere.main', '{}'), raw(4, 'ticks.main.v.A', '{"v":1,"type":"trade","price":-1}')];
    const { done, log } = record([clockMessage(1), ...poison, clockMessage(5), raw(6, 'clock.main', '')]);
    await done;
    expect(log.filter(([kind]) => kind === 'skipped').map(([, , seq]) => seq)).toEqual([2, 3, 4, 6]);
    expect(log.at(-1)).toEqual(['written', STREAM, 6, 2]);
    expect(await seqs()).toEqual([1, 5]);
    expect(await store.cursor(STREAM)).toBe(6);
  });

  test('a hole is told: before the first message, and later', async () => {
    const { done, log } = record([...clocks(8, 9), clockMessage(12)], { fromSeq: 5 });
    await done;
    expect(log.filter(([kind]) => kind === 'lost')).toEqual([['lost', STREAM, 5, 7], ['lost', STREAM, 10, 11]]);
  });

  test('predictions, outcomes with scores, and models go to their tables; a foreign subject is passed over', async () => {
    const prediction = { v: 1, universe: 'main', frameTs: T0, madeAt: T0, late: false, role: 'champion', model: 'm', schema: 's', symbols: ['v.A'], refPrice: [1], flags: [0], horizons: [{ horizonMs: 1_000, retBps: [1], loBps: [0], hiBps: [2], pUp: [0.5] }] };
    const matured = { horizonMs: 1_000, predictedTs: T0, model: 'm', role: 'champion', late: false, realisedBps: [7], retBps: [1], loBps: [0], hiBps: [2], pUp: [0.5], errBps: [6], covered: [0], naiveErrBps: [7] };
    const score = { model: 'm', role: 'champion', horizonMs: 1_000, symbol: '*', n: 1, late: 0, blocks: 0, tooLittleData: true, skill: null, skillLo: null, skillHi: null, hitRate: null, baseRate: null, zeroShare: null, ic: null, coverage: null, intervalScoreBps: null, rmseBps: null, naiveRmseBps: null };
    const event = { v: 1, universe: 'main', kind: 'promoted', model: 'm', sha256: 'a'.repeat(64), fromFrame: T0, who: 'w', why: 'y', evidence: {}, at: T0 };
    await record([raw(1, 'predictions.main', JSON.stringify(prediction)), raw(2, 'predictions.main.x', '[]')], { collector: createPredictionsCollector() }).done;
    await record([raw(1, 'outcomes.main', JSON.stringify({ v: 1, universe: 'main', frameTs: T0 + 1_000_000, symbols: ['v.A'], matured: [matured] })), raw(2, 'scores.main', JSON.stringify({ v: 1, universe: 'main', frameTs: T0, scores: [score] }))], { collector: createOutcomesCollector() }).done;
    const models = record([raw(1, 'models.main', JSON.stringify(event)), raw(2, 'predictions.main', JSON.stringify(prediction))], { collector: createModelsCollector() });
    await models.done;
    expect(models.log).toContainEqual(['skipped', 'MODELS', 2, 'predictions.main: not a subject of MODELS']);
    expect(await store.predictions('main', 'v.A', 1_000, 0, T0 * 2, 9)).toMatchObject([{ retBps: 1, realisedBps: 7 }]);
    expect(await store.scores('main', T0)).toMatchObject([{ symbol: '*', n: 1, tooLittleData: true }]);
    expect(await store.models('main')).toEqual([event]);
    expect(await Promise.all(['PREDICTIONS', 'OUTCOMES', 'MODELS'].map((name) => store.cursor(name)))).toEqual([2, 2, 2]);
  });
});
