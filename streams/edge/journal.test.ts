/** The journals are held to each other: NATS on the real server, and the JetStream in memory that the simulation runs on. */
import { vi } from 'vitest';
import { createMemoryJetStream } from '../../tests/simulation/memoryJetStream.ts';
import { openCalmLink } from '../../tests/simulation/link.ts';
import { silentLog } from '../../tests/support/context.ts';
import { natsServerPath, startNatsServer } from '../../tests/support/natsServer.ts';
import { connect } from './connect.ts';
import { journalConformance, journalsAgree, type JournalUnderTest } from './journal.conformance.ts';
import { ensureStreams } from './streams.ts';

if (process.env['FORETICK_FULL'] === '1') vi.setConfig({ testTimeout: 1_200_000 });
const RUNS = process.env['FORETICK_FULL'] === '1' ? 500 : 40;

async function onNats(): Promise<JournalUnderTest> {
  const server = await startNatsServer();
  const connection = await connect({ url: server.url, credentialsFile: null }, 'test', silentLog);
  return {
    journal: connection,
    addStream: (spec) => ensureStreams(connection, [spec]),
    purge: async (stream, beforeSeq) => void (await connection.jsm.streams.purge(stream, { seq: beforeSeq })),
    async close() {
      await connection.close();
      await server.stop();
    },
  };
}

async function inMemory(): Promise<JournalUnderTest> {
  const server = createMemoryJetStream();
  return {
    journal: openCalmLink(server, silentLog),
    addStream: async (spec) => server.addStream(spec),
    purge: async (stream, beforeSeq) => server.purge(stream, beforeSeq),
    close: async () => undefined,
  };
}

journalConformance('in memory', inMemory);
if (natsServerPath() !== null) {
  journalConformance('NATS', onNats);
  journalsAgree({ NATS: onNats, 'in memory': inMemory }, RUNS);
}
