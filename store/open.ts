/** Opens the history that a URL names: `sqlite:PATH` (a bare path means the same), or `questdb:http://USER:PASSWORD@HOST:PORT`. */
import { join, resolve } from 'node:path';
import { RefusedError } from '../runtime/errors.ts';
import type { HistoryStore, StoreWatch, WholeHistory } from './history.ts';
import { openQuestReader, openQuestStore } from './questdb/store.ts';
import { openSqliteReader, openSqliteStore } from './sqlite/store.ts';

export const defaultStoreUrl = (dataDir: string): string => `sqlite:${join(dataDir, 'history.db')}`;

/** As a user writes it: a path counts from `cwd`. */
export function storeUrl(text: string, cwd: string): string {
  const path = /^(?:sqlite:(?:\/\/)?)?([^:]+)$/i.exec(text)?.[1];
  return path === undefined ? text : `sqlite:${resolve(cwd, path)}`;
}

/** Throws RefusedError for a URL that names no store, RetryError when the store is away. */
export const openStore = (url: string, watch?: StoreWatch): HistoryStore => (isQuest(url) ? openQuestStore(url, watch) : openSqliteStore(sqlitePath(url)));

/** Read only, for another process than the recorder. Throws RetryError while nothing was recorded yet. */
export const openReader = (url: string): WholeHistory => (isQuest(url) ? openQuestReader(url) : openSqliteReader(sqlitePath(url)));

export const isQuest = (url: string): boolean => /^questdb:/i.test(url);

export function sqlitePath(url: string): string {
  const [, scheme = 'sqlite', path = ''] = /^(?:([a-z][a-z0-9+.-]+):)?(.*)$/is.exec(url) ?? [];
  if (scheme.toLowerCase() !== 'sqlite') throw new RefusedError(`${scheme}: not a kind of store`, 'Use sqlite:PATH, for example sqlite:history.db, or questdb:http://USER:PASSWORD@HOST:9000.');
  const bare = path.replace(/^\/\//, '');
  if (bare === '') throw new RefusedError('a store needs a path', 'Use sqlite:PATH, for example sqlite:history.db.');
  return bare;
}
