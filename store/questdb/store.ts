/**
 * The history on a QuestDB server, which it shares with whoever reads by SQL. One process writes each stream; any number read.
 *
 * Opening asks nothing of the server: the tables are made with the first call, and a server that is away is a RetryError of that call.
 */
import type { HistoryReader, HistoryStore } from '../history.ts';
import { createExec } from './exec.ts';
import { createLineWriter } from './ilp.ts';
import { prune } from './prune.ts';
import { createReader } from './read.ts';
import { ensureSchema } from './schema.ts';
import { parseQuestUrl } from './url.ts';
import { type BatchWriter, createBatchWriter } from './write.ts';

/** Throws RefusedError for an address that can't be read. */
export function openQuestStore(url: string): HistoryStore {
  const address = parseQuestUrl(url);
  const exec = createExec(address);
  const lines = createLineWriter(address);
  let writer: BatchWriter | null = null;
  let turn: Promise<unknown> = Promise.resolve();
  /** One at a time: the line writer has one buffer, and a batch looks up what the one before it wrote. */
  const inTurn = <T>(work: (write: BatchWriter) => Promise<T>): Promise<T> => {
    const mine = turn.then(async () => {
      if (writer === null) await ensureSchema(exec, lines, address);
      writer ??= createBatchWriter(exec, lines, address);
      return work(writer);
    });
    turn = mine.catch(() => void (writer = null)); // the next one waits first for whatever of this was taken
    return mine;
  };
  return {
    ...createReader(exec, address.name),
    write: (batch) => inTurn((write) => write(batch)),
    prune: (beforeTs) => inTurn(() => prune(exec, lines, address, beforeTs)),
    async close() {
      await turn;
      await lines.close();
    },
  };
}

/** For other processes than the recorder. Before anything was recorded it reads as empty. */
export function openQuestReader(url: string): HistoryReader {
  const address = parseQuestUrl(url);
  return { ...createReader(createExec(address), address.name), close: async () => undefined };
}
