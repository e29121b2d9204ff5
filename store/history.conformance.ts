/**
 * What every history adapter must do, run against the real thing:
 *   describeHistory('SQLite', async () => ({ store, reader, close }))
 * `reader` is a second connection, as the gateway's process has. Each test gets a fresh, empty store.
 */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { ForetickError } from '../runtime/errors.ts';
import type { ModelEvent } from '../streams/messages/model.ts';
import type { BarRow, FeedRow, HistoryStore, OutcomeRow, PredictionRow, ScoreRow, WholeHistory } from './history.ts';

export interface HistoryUnderTest { readonly store: HistoryStore; readonly reader: WholeHistory; close(): Promise<void> }

const SECOND = 1_000_000;
const T0 = 1_721_347_200_000_000;
const text = new TextEncoder();

const feedRow = (seq: number, change: Partial<FeedRow> = {}): FeedRow => ({ seq, subject: 'ticks.main.venue.BTCUSDT', tsInit: T0 + seq * 1_000, body: text.encode(`{"seq":${seq}}`), ...change });
const feedRows = (from: number, to: number): FeedRow[] => Array.from({ length: to - from + 1 }, (_, i) => feedRow(from + i));
const bar = (i: number, change: Partial<BarRow> = {}): BarRow => ({
  instrument: 'venue.BTCUSDT', intervalMs: 1_000, ts: T0 + i * SECOND, open: 100 + i, high: 102 + i, low: 99.5 + i, close: 101 + i, volume: 0.1 * i, trades: i, ...change,
});
const prediction = (i: number, change: Partial<PredictionRow> = {}): PredictionRow => ({
  universe: 'main', instrument: 'venue.BTCUSDT', horizonMs: 5_000, frameTs: T0 + i * SECOND, role: 'champion', model: 'm-1', late: false,
  refPrice: 64_000.5, retBps: 0.1 * i, loBps: -1, hiBps: 1.5, pUp: 0.51, ...change,
});
const outcome = (i: number, change: Partial<OutcomeRow> = {}): OutcomeRow => ({
  universe: 'main', instrument: 'venue.BTCUSDT', horizonMs: 5_000, predictedTs: T0 + i * SECOND, role: 'champion', model: 'm-1', realisedBps: 0.3 * i, ...change,
});
const score = (i: number, change: Partial<ScoreRow> = {}): ScoreRow => ({
  universe: 'main', frameTs: T0 + i * 60 * SECOND, model: 'm-1', role: 'champion', horizonMs: 5_000, symbol: '*', n: 60 * i, late: 0, blocks: 3, tooLittleData: true,
  skill: 0.1, skillLo: null, skillHi: null, hitRate: 0.5, baseRate: 0.5, zeroShare: 0.25, ic: null, coverage: 0.9, intervalScoreBps: 4.5, rmseBps: 1.25, naiveRmseBps: 1.5, ...change,
});
const event = (i: number, change: Partial<ModelEvent> = {}): ModelEvent => ({
  v: 1, universe: 'main', kind: 'registered', model: `m-${i}`, sha256: 'a'.repeat(64), fromFrame: T0, who: 'trainer', why: 'first model', evidence: { skill: 0.1 }, at: T0 - i, ...change,
});

/** Everything that a generator yields. */
export async function gather<T>(source: AsyncIterable<T>): Promise<T[]> {
  const items: T[] = [];
  for await (const item of source) items.push(item);
  return items;
}
const all = async (chunks: AsyncGenerator<FeedRow[]>): Promise<FeedRow[]> => (await gather(chunks)).flat();
const plain = (rows: readonly FeedRow[]) => rows.map((row) => ({ ...row, body: Buffer.from(row.body).toString() }));

export function describeHistory(name: string, open: () => Promise<HistoryUnderTest>): void {
  describe(`history on ${name}`, () => {
    let under: HistoryUnderTest;
    beforeEach(async () => {
      under = await open();
    });
    afterEach(() => under.close());

    describeBatches(() => under);
    describeFeed(() => under);
    describeBars(() => under);
    describePredictions(() => under);
    describePredictionRanges(() => under);
    describeScoresAndModels(() => under);
    describeWhole(() => under);
    describePrune(() => under);
  });
}

const everything = async (reader: WholeHistory) => ({
  cursor: await reader.cursor('TICKS-main'),
  feed: plain(await all(reader.feedRows('main', 1))),
  ticks: await reader.ticks('main', 'venue.BTCUSDT', 0, T0 * 2, 10),
  bars: await reader.bars('venue.BTCUSDT', 1_000, 0, T0 * 2, 10),
  predictions: await reader.predictions('main', 'venue.BTCUSDT', 5_000, 0, T0 * 2, 10),
  scores: await reader.scores('main', T0 * 2),
  models: await reader.models('main'),
});

function describeBatches(under: () => HistoryUnderTest): void {
  test('an empty store has cursor 0 and no rows', async () => {
    const { reader } = under();
    expect(await everything(reader)).toEqual({ cursor: 0, feed: [], ticks: [], bars: [], predictions: [], scores: [], models: [] });
  });

  test('rows and cursors appear together, each stream with its own', async () => {
    const { store, reader } = under();
    await store.write({ cursors: { 'TICKS-main': 2, PREDICTIONS: 7 }, feed: { name: 'main', rows: feedRows(1, 2) } });
    expect(await reader.cursor('TICKS-main')).toBe(2);
    expect(await reader.cursor('PREDICTIONS')).toBe(7);
    expect(await reader.cursor('OUTCOMES')).toBe(0);
    expect(plain(await all(reader.feedRows('main', 1)))).toEqual(plain(feedRows(1, 2)));
  });

  test('a batch with a row that is refused leaves nothing behind, and the next batch is written', async () => {
    const { store, reader } = under();
    const refused = store.write({ cursors: { 'TICKS-main': 2 }, feed: { name: 'main', rows: feedRows(1, 2) }, bars: [bar(1), bar(2, { close: Number.NaN })] });
    await expect(refused).rejects.toBeInstanceOf(ForetickError);
    expect(await reader.cursor('TICKS-main')).toBe(0);
    expect(await all(reader.feedRows('main', 1))).toEqual([]);
    expect(await reader.bars('venue.BTCUSDT', 1_000, 0, T0 * 2, 10)).toEqual([]);
    await store.write({ cursors: { 'TICKS-main': 2 }, feed: { name: 'main', rows: feedRows(1, 2) }, bars: [bar(1)] });
    expect(plain(await all(reader.feedRows('main', 1)))).toEqual(plain(feedRows(1, 2)));
    expect(await reader.bars('venue.BTCUSDT', 1_000, 0, T0 * 2, 10)).toEqual([bar(1)]);
  });

  test('a cursor never goes back', async () => {
    const { store, reader } = under();
    await store.write({ cursors: { 'TICKS-main': 9 } });
    await store.write({ cursors: { 'TICKS-main': 4 } });
    expect(await reader.cursor('TICKS-main')).toBe(9);
  });

  test('writing the same batch again changes nothing', async () => {
    const { store, reader } = under();
    const batch = {
      cursors: { 'TICKS-main': 3 }, feed: { name: 'main', rows: feedRows(1, 3) }, bars: [bar(1), bar(2)], predictions: [prediction(1)], outcomes: [outcome(1)],
      scores: [score(1)], models: [event(1), event(2)],
    };
    await store.write(batch);
    const once = await everything(reader);
    await store.write(batch);
    expect(await everything(reader)).toEqual(once);
  });
}

function describeFeed(under: () => HistoryUnderTest): void {
  test('a feed is read back by sequence, bounds inclusive, whatever the order of the times', async () => {
    const { store, reader } = under();
    const rows = [feedRow(1), feedRow(2, { tsInit: T0 - 5 }), feedRow(4, { subject: 'clock.main' }), feedRow(5)];
    await store.write({ cursors: {}, feed: { name: 'main', rows } });
    expect(plain(await all(reader.feedRows('main', 2, 4)))).toEqual(plain(rows.slice(1, 3)));
    expect(plain(await all(reader.feedRows('main', 0)))).toEqual(plain(rows));
  });

  test('long ranges come in chunks of at most 5,000, each row once', async () => {
    const { store, reader } = under();
    await store.write({ cursors: {}, feed: { name: 'main', rows: feedRows(1, 12_001) } });
    const chunks = await gather(reader.feedRows('main', 2));
    expect(Math.max(...chunks.map((chunk) => chunk.length))).toBeLessThanOrEqual(5_000);
    expect(chunks.flat().map((row) => row.seq)).toEqual(Array.from({ length: 12_000 }, (_, i) => i + 2));
  });

  test('feeds are apart', async () => {
    const { store, reader } = under();
    await store.write({ cursors: {}, feed: { name: 'main', rows: [feedRow(1)] } });
    await store.write({ cursors: {}, feed: { name: 'other', rows: [feedRow(1, { subject: 'ticks.other.venue.BTCUSDT' })] } });
    expect((await all(reader.feedRows('other', 1))).map((row) => row.subject)).toEqual(['ticks.other.venue.BTCUSDT']);
    expect(await reader.ticks('main', 'venue.BTCUSDT', 0, T0 * 2, 10)).toHaveLength(1);
  });

  test('bytes come back as they were, also those that are not text', async () => {
    const { store, reader } = under();
    const body = Uint8Array.from({ length: 256 }, (_, i) => i);
    await store.write({ cursors: {}, feed: { name: 'main', rows: [feedRow(1, { body })] } });
    expect([...(await all(reader.feedRows('main', 1)))[0]!.body]).toEqual([...body]);
  });

  test('ticks: one instrument, times inclusive, the newest `limit`, oldest first; one time, in feed order', async () => {
    const { store, reader } = under();
    const rows = [
      feedRow(1, { tsInit: T0 }), feedRow(2, { tsInit: T0 + 1 }), feedRow(3, { tsInit: T0 + 1, subject: 'ticks.main.venue.ETHUSDT' }),
      feedRow(4, { tsInit: T0 + 1 }), feedRow(5, { tsInit: T0 + 2, subject: 'clock.main' }), feedRow(6, { tsInit: T0 + 3 }), feedRow(7, { tsInit: T0 + 4 }),
    ];
    await store.write({ cursors: {}, feed: { name: 'main', rows } });
    const seqs = async (from: number, to: number, limit: number) => (await reader.ticks('main', 'venue.BTCUSDT', from, to, limit)).map((row) => row.seq);
    expect(await seqs(T0, T0 + 4, 10)).toEqual([1, 2, 4, 6, 7]);
    expect(await seqs(T0 + 1, T0 + 3, 10)).toEqual([2, 4, 6]);
    expect(await seqs(T0, T0 + 4, 2)).toEqual([6, 7]);
    expect(await seqs(T0, T0 + 4, 0)).toEqual([]);
    expect(await seqs(T0 + 5, T0 + 9, 10)).toEqual([]);
  });
}

function describeBars(under: () => HistoryUnderTest): void {
  test('bars: by interval, times inclusive, the newest `limit`, oldest first', async () => {
    const { store, reader } = under();
    await store.write({ cursors: {}, bars: [bar(3), bar(1), bar(2), bar(0, { intervalMs: 60_000 }), bar(2, { instrument: 'venue.ETHUSDT' })] });
    expect(await reader.bars('venue.BTCUSDT', 1_000, T0 + SECOND, T0 + 3 * SECOND, 10)).toEqual([bar(1), bar(2), bar(3)]);
    expect(await reader.bars('venue.BTCUSDT', 1_000, T0 + SECOND, T0 + 2 * SECOND, 10)).toEqual([bar(1), bar(2)]);
    expect(await reader.bars('venue.BTCUSDT', 1_000, 0, T0 * 2, 2)).toEqual([bar(2), bar(3)]);
    expect(await reader.bars('venue.BTCUSDT', 60_000, 0, T0 * 2, 2)).toEqual([bar(0, { intervalMs: 60_000 })]);
  });

  test('a bar written again with other values is replaced', async () => {
    const { store, reader } = under();
    await store.write({ cursors: {}, bars: [bar(1)] });
    await store.write({ cursors: {}, bars: [bar(1, { close: 100.25, volume: 7 })] });
    expect(await reader.bars('venue.BTCUSDT', 1_000, 0, T0 * 2, 10)).toEqual([bar(1, { close: 100.25, volume: 7 })]);
  });
}

function describePredictions(under: () => HistoryUnderTest): void {
  const read = () => under().reader.predictions('main', 'venue.BTCUSDT', 5_000, 0, T0 * 2, 10);

  test.each(['prediction first', 'outcome first', 'together'])('a prediction is joined with its outcome: %s', async (order) => {
    const { store } = under();
    const predictions = { cursors: {}, predictions: [prediction(1), prediction(2)] };
    const outcomes = { cursors: {}, outcomes: [outcome(1)] };
    if (order === 'prediction first') await store.write(predictions);
    if (order !== 'together') await store.write(outcomes);
    await store.write({ ...predictions, ...(order === 'together' ? outcomes : {}) });
    expect(await read()).toEqual([{ ...prediction(1), realisedBps: 0.3 }, { ...prediction(2), realisedBps: null }]);
  });

  test('an outcome belongs to one universe, instrument, horizon, time, role and model', async () => {
    const { store } = under();
    await store.write({
      cursors: {}, predictions: [prediction(1)],
      outcomes: [
        outcome(1, { universe: 'other' }), outcome(1, { instrument: 'venue.ETHUSDT' }), outcome(1, { horizonMs: 1_000 }), outcome(2), outcome(1, { role: 'challenger' }), outcome(1, { model: 'm-2' }),
      ],
    });
    expect(await read()).toEqual([{ ...prediction(1), realisedBps: null }]);
  });

  test('champion and challengers of one frame stand side by side; nulls and late come back', async () => {
    const { store } = under();
    const rows = [
      prediction(1, { role: 'challenger', model: 'm-2' }), prediction(1, { role: 'challenger', model: 'm-3' }),
      prediction(1, { role: 'champion', model: 'm-1', late: true, refPrice: null, retBps: null, loBps: null, hiBps: null, pUp: null }),
    ];
    await store.write({ cursors: {}, predictions: rows, outcomes: [outcome(1, { realisedBps: null })] });
    expect(await read()).toEqual(expect.arrayContaining(rows.map((row) => ({ ...row, realisedBps: null }))));
    expect(await read()).toHaveLength(3);
  });

  test('a prediction never repaints: the first one written stays', async () => {
    const { store } = under();
    await store.write({ cursors: {}, predictions: [prediction(1)] });
    await store.write({ cursors: {}, predictions: [prediction(1, { retBps: 99 })] });
    expect(await read()).toEqual([{ ...prediction(1), realisedBps: null }]);
  });
}

function describePredictionRanges(under: () => HistoryUnderTest): void {
  test('predictions: times inclusive, the newest `limit`, oldest first', async () => {
    const { store, reader } = under();
    await store.write({ cursors: {}, predictions: [4, 2, 1, 3].map((i) => prediction(i)) });
    const times = async (from: number, to: number, limit: number) =>
      (await reader.predictions('main', 'venue.BTCUSDT', 5_000, T0 + from * SECOND, T0 + to * SECOND, limit)).map((row) => (row.frameTs - T0) / SECOND);
    expect(await times(2, 3, 10)).toEqual([2, 3]);
    expect(await times(0, 9, 2)).toEqual([3, 4]);
    expect(await times(5, 9, 2)).toEqual([]);
    expect(await times(0, 9, 0)).toEqual([]);
  });

  test('predictions: over days, with gaps, and beside others of the same frames', async () => {
    const { store, reader } = under();
    const rows = Array.from({ length: 60 }, (_, i) => prediction(i * 4_000));
    const others = rows.flatMap((row) => [{ ...row, instrument: 'venue.ETHUSDT' }, { ...row, horizonMs: 1_000 }, { ...row, universe: 'other', frameTs: row.frameTs + SECOND }]);
    await store.write({ cursors: {}, predictions: [...others, ...rows], outcomes: rows.map((row) => outcome((row.frameTs - T0) / SECOND)) });
    const found = await reader.predictions('main', 'venue.BTCUSDT', 5_000, 0, T0 * 2, 1_000);
    expect(found).toEqual(rows.map((row) => ({ ...row, realisedBps: outcome((row.frameTs - T0) / SECOND).realisedBps })));
    expect(await reader.predictions('main', 'venue.BTCUSDT', 5_000, rows[10]!.frameTs, rows[50]!.frameTs, 30)).toEqual(found.slice(21, 51));
    expect(await reader.predictions('main', 'venue.BTCUSDT', 15_000, 0, T0 * 2, 1_000)).toEqual([]);
  });
}

function describeScoresAndModels(under: () => HistoryUnderTest): void {
  test('scores: all rows of the newest message at or before a time', async () => {
    const { store, reader } = under();
    const first = [score(1), score(1, { symbol: 'venue.BTCUSDT', tooLittleData: false, skill: null })];
    await store.write({ cursors: {}, scores: [...first, score(2), score(3, { universe: 'other' })] });
    expect(await reader.scores('main', T0)).toEqual([]);
    expect(await reader.scores('main', T0 + 60 * SECOND)).toEqual(first);
    expect(await reader.scores('main', T0 + 119 * SECOND)).toEqual(first);
    expect(await reader.scores('main', T0 * 2)).toEqual([score(2)]);
  });

  test('model events come back in the order written, whole', async () => {
    const { store, reader } = under();
    await store.write({ cursors: {}, models: [event(2), event(1)] });
    await store.write({ cursors: {}, models: [event(1), event(1, { kind: 'promoted' }), event(3, { universe: 'other' })] });
    expect(await reader.models('main')).toEqual([event(2), event(1), event(1, { kind: 'promoted' })]);
  });
}

function describeWhole(under: () => HistoryUnderTest): void {
  test('contents: an empty history has none; then cursors, feeds, universes and series, each sorted', async () => {
    const { store, reader } = under();
    expect(await reader.contents()).toEqual({ cursors: {}, feeds: [], universes: [], series: [] });
    await store.write({ cursors: { 'TICKS-main': 2, PREDICTIONS: 7 }, feed: { name: 'main', rows: feedRows(1, 2) }, bars: [bar(1), bar(2), bar(0, { intervalMs: 60_000 }), bar(0, { instrument: 'a.A', intervalMs: 300_000 })] });
    await store.write({ cursors: {}, feed: { name: 'import:a:A', rows: [feedRow(1)] }, scores: [score(1), score(1, { universe: 'other', symbol: 'venue.BTCUSDT' })], models: [event(1), event(1, { universe: 'a' })] });
    expect(await reader.contents()).toEqual({
      cursors: { 'TICKS-main': 2, PREDICTIONS: 7 }, feeds: ['import:a:A', 'main'], universes: ['a', 'main', 'other'],
      series: [{ instrument: 'a.A', intervalMs: 300_000 }, { instrument: 'venue.BTCUSDT', intervalMs: 1_000 }, { instrument: 'venue.BTCUSDT', intervalMs: 60_000 }],
    });
  });

  test('all rows come in order of time, each once, a time never cut in two, from any time on', async () => {
    const { store, reader } = under();
    const predictions = Array.from({ length: 30 }, (_, i) => Array.from({ length: 401 }, (_, k) => prediction(i, { instrument: `venue.S${k}` }))).flat();
    const outcomes = predictions.map(({ universe, instrument, horizonMs, frameTs, role, model }) => ({ universe, instrument, horizonMs, predictedTs: frameTs, role, model, realisedBps: 1 }));
    const scores = [1, 2, 3].flatMap((i) => [score(i), score(i, { symbol: 'venue.BTCUSDT', skill: null }), score(i, { universe: 'other' })]);
    const bars = Array.from({ length: 5_003 }, (_, i) => bar(i));
    await store.write({ cursors: {}, predictions, outcomes, scores, bars: [...bars, bar(1, { instrument: 'a.A' })] });
    const whole = async <Row>(chunks: AsyncGenerator<Row[]>, timeOf: (row: Row) => number, wanted: readonly Row[]) => {
      const got = await gather(chunks);
      const times = got.map((chunk) => chunk.map(timeOf));
      for (let i = 1; i < times.length; i++) expect(Math.max(...times[i - 1]!)).toBeLessThan(Math.min(...times[i]!));
      const text = (rows: readonly Row[]) => rows.map((row) => JSON.stringify(Object.entries(row as object).sort())).sort();
      expect(text(got.flat())).toEqual(text(wanted));
      return got.length;
    };
    expect(await whole(reader.allPredictions(0), (row) => row.frameTs, predictions)).toBe(3);
    await whole(reader.allPredictions(T0 + 7 * SECOND), (row) => row.frameTs, predictions.slice(7 * 401));
    await whole(reader.allOutcomes(T0 + 7 * SECOND), (row) => row.predictedTs, outcomes.slice(7 * 401));
    await whole(reader.allScores('main', T0 + 120 * SECOND), (row) => row.frameTs, scores.filter((row) => row.universe === 'main' && row.frameTs >= T0 + 120 * SECOND));
    expect(await whole(reader.allBars({ instrument: 'venue.BTCUSDT', intervalMs: 1_000 }, 0), (row) => row.ts, bars)).toBe(2);
    await whole(reader.allBars({ instrument: 'venue.NONE', intervalMs: 1_000 }, 0), (row) => row.ts, []);
  });
}

function describePrune(under: () => HistoryUnderTest): void {
  test('deletes what is older, keeps what is not, and the record: minute bars, pooled scores, models, cursors', async () => {
    const { store, reader } = under();
    const rows = feedRows(1, 25_000);
    await store.write({
      cursors: { 'TICKS-main': 25_000 }, feed: { name: 'main', rows }, bars: [bar(1), bar(30), bar(0, { intervalMs: 60_000 })],
      predictions: [prediction(1), prediction(30)], outcomes: [outcome(1), outcome(30)], scores: [score(0), score(0, { symbol: 'venue.BTCUSDT' })], models: [event(1)],
    });
    await store.prune(T0 + 22 * SECOND);
    const left = (await all(reader.feedRows('main', 1))).map((row) => row.seq);
    expect([left[0], left.length]).toEqual([22_000, 3_001]);
    expect(await reader.bars('venue.BTCUSDT', 1_000, 0, T0 * 2, 10)).toEqual([bar(30)]);
    expect(await reader.bars('venue.BTCUSDT', 60_000, 0, T0 * 2, 10)).toHaveLength(1);
    expect(await reader.predictions('main', 'venue.BTCUSDT', 5_000, 0, T0 * 2, 10)).toEqual([{ ...prediction(30), realisedBps: outcome(30).realisedBps }]);
    expect(await reader.scores('main', T0 * 2)).toEqual([score(0)]);
    expect((await gather(reader.allPredictions(0))).flat()).toEqual([prediction(30)]);
    expect((await gather(reader.allScores('main', 0))).flat()).toEqual([score(0)]);
    expect(await reader.models('main')).toEqual([event(1)]);
    expect(await reader.cursor('TICKS-main')).toBe(25_000);
  });

  test('what was imported (a feed without a stream cursor) stays', async () => {
    const { store, reader } = under();
    await store.write({ cursors: {}, feed: { name: 'import:venue:BTCUSDT', rows: feedRows(1, 3) } });
    await store.prune(T0 * 2);
    expect(await all(reader.feedRows('import:venue:BTCUSDT', 1))).toHaveLength(3);
  });

  test('pruned twice, or with nothing old, it changes nothing', async () => {
    const { store, reader } = under();
    await store.write({ cursors: { 'TICKS-main': 3 }, feed: { name: 'main', rows: feedRows(1, 3) } });
    await store.prune(T0);
    await store.prune(T0);
    await store.prune(-30 * 24 * 3_600 * SECOND); // as while no time of the feed is known
    expect(await all(reader.feedRows('main', 1))).toHaveLength(3);
  });
}
