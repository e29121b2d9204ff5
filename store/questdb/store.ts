/**
 * The history on a QuestDB server, which it shares with whoever reads by SQL. One process writes each stream; any number read.
 *
 * Opening asks nothing of the server: the tables are made with the first call, and a server that is away is a RetryError of that call.
 */
import { type HistoryStore, NO_WATCH, type StoreWatch, type WholeHistory } from '../history.ts';
import { createDatabase } from './database.ts';
import { prune } from './prune.ts';
import { createReader } from './read.ts';
import { ensureSchema } from './schema.ts';
import { parseQuestUrl } from './url.ts';
import { createWhole } from './whole.ts';
import { type BatchWriter, createBatchWriter } from './write.ts';

/** Throws RefusedError for an address that can't be read. */
export function openQuestStore(url: string, watch: StoreWatch = NO_WATCH): HistoryStore {
  const db = createDatabase(parseQuestUrl(url));
  let writer: BatchWriter | null = null;
  let turn: Promise<unknown> = Promise.resolve();
  /** One at a time: a batch builds on where the one before it ended. */
  const inTurn = <T>(work: (write: BatchWriter) => Promise<T>): Promise<T> => {
    const mine = turn.then(async () => {
      if (writer === null) await ensureSchema(db);
      writer ??= createBatchWriter(db, watch);
      return work(writer);
    });
    turn = mine.catch(() => void (writer = null)); // the next one asks the server what of this was taken
    return mine;
  };
  return {
    ...createReader(db),
    write: (batch) => inTurn((write) => write(batch)),
    prune: (beforeTs) => inTurn(() => prune(db, beforeTs)),
    close: async () => void (await turn),
  };
}

/** For other processes than the recorder. Before anything was recorded it reads as empty. */
export function openQuestReader(url: string): WholeHistory {
  const db = createDatabase(parseQuestUrl(url));
  return { ...createReader(db), ...createWhole(db), close: async () => undefined };
}
