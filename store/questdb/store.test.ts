import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { INSTALL_MS, questdbJars, type QuestServer, startQuestServer } from '../../tests/support/questdb.ts';
import { describeHistory, gather } from '../history.conformance.ts';
import type { FeedRow } from '../history.ts';
import { openQuestReader, openQuestStore } from './store.ts';

const jars = await questdbJars();

describe.skipIf(jars === null)('QuestDB', () => {
  let server: QuestServer;
  let histories = 0;
  beforeAll(async () => {
    server = await startQuestServer(jars!);
  }, INSTALL_MS);
  afterAll(() => server.stop());

  describeHistory('QuestDB', async () => {
    const url = server.url(`h${histories++}`);
    const store = openQuestStore(url);
    const reader = openQuestReader(url);
    return { store, reader, close: async () => void (await Promise.all([store.close(), reader.close()])) };
  });

  test('any finite double and any name come back as they were', async () => {
    const url = server.url(`h${histories++}`);
    const store = openQuestStore(url);
    const numbers = fc.sample(fc.double({ noNaN: true, noDefaultInfinity: true }), { numRuns: 2_000, seed: 1 }).map((value) => (value === 0 ? 0 : value));
    const names = [...fc.sample(fc.string({ unit: fc.constantFrom(...'aB 0,=\\"\'é😀\t\n\r'), minLength: 1 }), { numRuns: 100, seed: 1 }), 'v.A'];
    const outcome = (instrument: string, predictedTs: number, realisedBps: number) => ({ universe: 'main', instrument, horizonMs: 1_000, predictedTs, role: 'champion', model: 'm', realisedBps });
    const written = numbers.map((value, i) => outcome(names[i % names.length]!, i + 1, value));
    await store.write({ cursors: {}, outcomes: written });
    const reader = openQuestReader(url);
    const read = (await gather(reader.allOutcomes(0))).flat();
    expect(read.toSorted((a, b) => a.predictedTs - b.predictedTs)).toEqual(written);
    await Promise.all([store.close(), reader.close()]);
  });

  test('a place in a feed of many days is found by time: no query reads the table by its sequence alone', async () => {
    const url = server.url(`h${histories++}`);
    const T0 = 1_721_347_200_000_000;
    // Bursts of one moment, minutes, hours and days; each third sequence is there.
    const gaps = [0, 0, 1, 700_000, 59_000_000, 3_600_000_000, 0, 40_000_000_000];
    let tsInit = T0;
    const rows = Array.from({ length: 240 }, (_, i): FeedRow => ({ seq: 3 * (i + 1), subject: 'clock.main', tsInit: (tsInit += gaps[i % gaps.length]!), body: Uint8Array.of(65 + (i % 26)) }));
    const asked = vi.spyOn(globalThis, 'fetch');
    const write = async (part: readonly FeedRow[]): Promise<void> => {
      const store = openQuestStore(url); // as after a crash: it knows no place
      await store.write({ cursors: {}, feed: { name: 'main', rows: part } });
      await store.close();
    };
    const [early, middle, late] = [rows.slice(0, 90), rows.slice(90, 150), rows.slice(150)];
    for (const part of [early, late, middle, rows.slice(200), rows.slice(60, 120)]) await write(part);
    const reader = openQuestReader(url);
    for (const [from, to] of [[0, 900], [3, 3], [4, 5], [270, 275], [451, 720], [718, 900], [719, 721], [721, 900]] as const) {
      const read = (await gather(reader.feedRows('main', from, to))).flat();
      expect(read, `${from} to ${to}`).toEqual(rows.filter(({ seq }) => seq >= from && seq <= to));
    }
    await reader.close();
    const queries = new Set(asked.mock.calls.map(([target]) => new URL(String(target)).searchParams.get('query') ?? '').filter((query) => /WHERE.*"seq"/.test(query)));
    asked.mockRestore();
    expect(queries.size).toBeGreaterThan(10);
    const atTheEnd = [...queries].find((query) => query.includes('"seq" >= 719'))!;
    expect(Number(/"time" >= (\d+)/.exec(atTheEnd)?.[1])).toBeGreaterThanOrEqual(rows.at(-3)!.tsInit);
    for (const query of queries) expect(JSON.stringify(await server.sql(`EXPLAIN ${query}`)), query).toMatch(/Interval (forward|backward) scan/);
  });
});
