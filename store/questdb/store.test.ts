import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { INSTALL_MS, questdbJars, type QuestServer, startQuestServer } from '../../tests/support/questdb.ts';
import { describeHistory, gather } from '../history.conformance.ts';
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
});
