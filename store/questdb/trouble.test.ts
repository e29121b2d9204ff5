/** QuestDB in trouble, on the real server: killed, suspended, gone, and behind a bad link. What was written is there once, and nothing else. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { INSTALL_MS, questdbJars, type QuestServer, startQuestServer } from '../../tests/support/questdb.ts';
import { startToxiproxy, toxiproxyPath } from '../../tests/support/toxiproxy.ts';
import { armCrashPoint, dieBy } from '../../runtime/crashPoint.ts';
import { RetryError } from '../../runtime/errors.ts';
import { digestHistory } from '../digest.ts';
import { gather } from '../history.conformance.ts';
import type { FeedRow, HistoryStore, StoreBatch } from '../history.ts';
import { feedTable } from './tables.ts';
import { openQuestReader, openQuestStore } from './store.ts';

const T0 = 1_721_347_200_000_000;
const BATCH_ROWS = 2_000;
const text = new TextEncoder();
const feedRow = (seq: number): FeedRow => ({ seq, subject: 'ticks.main.v.A', tsInit: T0 + seq * 100, body: text.encode(`{"seq":${seq}}`) });
const prediction = (i: number) => ({ universe: 'main', instrument: 'v.A', horizonMs: 1_000, frameTs: T0 + i * 1_000_000, role: 'champion', model: 'm', late: false, refPrice: 1, retBps: i, loBps: -1, hiBps: 1, pUp: 0.5 });
/** The batch with number i, as the recorder makes it. */
const batchOf = (i: number): StoreBatch => ({
  cursors: { 'TICKS-main': (i + 1) * BATCH_ROWS }, feed: { name: 'main', rows: Array.from({ length: BATCH_ROWS }, (_, k) => feedRow(i * BATCH_ROWS + k + 1)) }, predictions: [prediction(i)],
});

const jars = await questdbJars();
describe.skipIf(jars === null)('QuestDB in trouble', () => {
  let server: QuestServer;
  let url: string;
  let histories = 0;
  beforeAll(async () => {
    server = await startQuestServer(jars!);
  }, INSTALL_MS);
  beforeEach(() => void (url = server.url(`t${histories++}`)));
  afterAll(() => server.stop());

  /** As the recorder does: the same batch until it is taken. */
  async function insist(store: HistoryStore, batch: StoreBatch): Promise<number> {
    for (let failures = 0; ; failures++) {
      try {
        await store.write(batch);
        return failures;
      } catch (error) {
        if (!(error instanceof RetryError) || failures > 300) throw error;
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
    }
  }
  async function holdsAll(batches: number): Promise<void> {
    const reader = openQuestReader(url);
    try {
      expect(await reader.cursor('TICKS-main')).toBe(batches * BATCH_ROWS);
      expect((await gather(reader.feedRows('main', 1))).flat().map((row) => row.seq)).toEqual(Array.from({ length: batches * BATCH_ROWS }, (_, i) => i + 1));
      expect((await reader.predictions('main', 'v.A', 1_000, 0, T0 * 2, 1_000_000)).map((row) => row.retBps)).toEqual(Array.from({ length: batches }, (_, i) => i));
    } finally {
      await reader.close();
    }
  }

  test('killed with -9 in the middle of writes, again and again: nothing is lost or doubled', async () => {
    const store = openQuestStore(url);
    let failures = 0;
    for (let i = 0; i < 12; i++) {
      const writing = insist(store, batchOf(i));
      if (i % 6 === 4) {
        await new Promise((resolve) => setTimeout(resolve, i));
        await server.kill();
        await server.start();
      }
      failures += await writing;
    }
    expect(failures).toBeGreaterThan(0);
    await store.close();
    await holdsAll(12);
  }, 180_000);

  test('killed between the rows and their cursor: the next one writes the same again, and the sums are those of a calm run', async () => {
    const sums = async (of: string) => {
      const reader = openQuestReader(of);
      return digestHistory(reader).finally(() => reader.close());
    };
    const calm = openQuestStore(server.url('calm'));
    for (let i = 0; i < 4; i++) await calm.write(batchOf(i));
    await calm.close();
    const killed = openQuestStore(url);
    dieBy(() => {
      throw new Error('killed');
    });
    armCrashPoint({ type: 'crash', point: 'recorder.cursor.before', after: 2 });
    await killed.write(batchOf(0));
    await killed.write(batchOf(1));
    await expect(killed.write(batchOf(2))).rejects.toThrow('killed');
    const store = openQuestStore(url);
    expect(await store.cursor('TICKS-main')).toBe(2 * BATCH_ROWS);
    expect((await gather(store.feedRows('main', 2 * BATCH_ROWS + 1))).flat()).toHaveLength(BATCH_ROWS);
    // Batches are cut elsewhere the next time.
    const { feed, predictions } = batchOf(2);
    await store.write({ cursors: { 'TICKS-main': 2 * BATCH_ROWS + 700 }, feed: { name: 'main', rows: feed!.rows.slice(0, 700) }, predictions: predictions! });
    await store.write({ cursors: { 'TICKS-main': 4 * BATCH_ROWS }, feed: { name: 'main', rows: [...feed!.rows.slice(700), ...batchOf(3).feed!.rows] }, predictions: batchOf(3).predictions! });
    await store.close();
    expect(await sums(url)).toEqual(await sums(server.url('calm')));
  });

  test('a suspended table is told with its reason by writes and reads, counted, and resumed by the next try', async () => {
    const told: number[] = [];
    const store = openQuestStore(url, { suspended: (tables) => void told.push(tables), behind: () => undefined });
    await store.write(batchOf(0));
    const reader = openQuestReader(url);
    await reader.cursor('TICKS-main');
    const { pathname } = new URL(url.replace('questdb:', ''));
    const table = `${pathname.slice(1)}_${feedTable('main').name}`;
    expect((await server.sql(`ALTER TABLE "${table}" SUSPEND WAL WITH 28, 'No space left on device'`)).error).toBeUndefined();
    await expect(gather(reader.feedRows('main', 1))).rejects.toMatchObject({ name: 'RetryError', message: expect.stringMatching(/suspended.*No space left/) });
    // The writer looks every 16 batches; until then the server takes the rows, which are not lost.
    let failure: unknown = null;
    let batches = 1;
    while (failure === null && batches < 40) failure = await store.write(batchOf(batches)).then(() => (batches += 1, null), (error: unknown) => error);
    expect(failure).toMatchObject({ name: 'RetryError', message: expect.stringContaining('No space left'), hint: expect.stringContaining('RESUME WAL') });
    await insist(store, batchOf(batches));
    expect([told.includes(1), told.at(-1)]).toEqual([true, 0]);
    await holdsAll(batches + 1);
    await Promise.all([reader.close(), store.close()]);
  }, 60_000);

  test('away: each call says so, plainly and without the password, and goes on when it is back', async () => {
    const store = openQuestStore(url);
    await store.write(batchOf(0));
    await server.kill();
    const error = await store.write(batchOf(1)).catch((reason: unknown) => reason as RetryError);
    expect(error).toBeInstanceOf(RetryError);
    expect((error as RetryError).message).toMatch(/^QuestDB at 127\.0\.0\.1:\d+ is away/);
    expect(JSON.stringify([String(error), (error as RetryError).hint])).not.toContain(new URL(url.replace('questdb:', '')).password);
    await server.start();
    await insist(store, batchOf(1));
    await store.close();
    await holdsAll(2);
  }, 60_000);

  test.skipIf(toxiproxyPath() === null)('a bad link: delayed, cut into slices, slow, reset in the middle. Time changes, results don\'t', async () => {
    const proxy = await startToxiproxy(1);
    try {
      const link = await proxy.link('questdb', server.port);
      const store = openQuestStore(url.replace(`:${server.port}/`, `:${link.port}/`));
      await link.poison({ type: 'latency', attributes: { latency: 30, jitter: 20 } });
      for (let i = 0; i < 3; i++) await insist(store, batchOf(i));
      await link.cure();
      await link.poison({ type: 'slicer', attributes: { average_size: 2_000, size_variation: 1_000, delay: 100 } });
      for (let i = 3; i < 6; i++) await insist(store, batchOf(i));
      await link.cure();
      await link.poison({ type: 'bandwidth', attributes: { rate: 1_000 } });
      for (let i = 6; i < 9; i++) await insist(store, batchOf(i));
      await link.cure();
      let failures = 0;
      for (let i = 9; i < 15; i++) {
        await link.poison({ type: 'reset_peer', attributes: { timeout: i * 3 } });
        const writing = insist(store, batchOf(i));
        await new Promise((resolve) => setTimeout(resolve, 120));
        await link.cure();
        failures += await writing;
      }
      expect(failures).toBeGreaterThan(0);
      await store.close();
      await holdsAll(15);
    } finally {
      await proxy.stop();
    }
  }, 120_000);
});
