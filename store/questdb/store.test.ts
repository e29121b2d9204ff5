import { afterAll, beforeAll, describe } from 'vitest';
import { INSTALL_MS, questdbJars, type QuestServer, startQuestServer } from '../../tests/support/questdb.ts';
import { describeHistory } from '../history.conformance.ts';
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
});
