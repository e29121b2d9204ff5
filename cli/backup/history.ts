/** The history into a backup: always a SQLite file there, so that a restored pipeline needs no other server. */
import { chmodSync, existsSync } from 'node:fs';
import { isQuest, openReader, openStore, sqlitePath } from '../../store/open.ts';
import { migrate } from '../../store/migrate.ts';
import { backupSqlite } from '../../store/sqlite/backup.ts';
import type { Terminal } from '../terminal.ts';

/** False: nothing was recorded yet. */
export async function copyHistory(url: string, to: string, terminal: Terminal): Promise<boolean> {
  if (isQuest(url)) await copyRows(url, to, terminal);
  else if (existsSync(sqlitePath(url))) await backupSqlite(sqlitePath(url), to);
  else return false;
  chmodSync(to, 0o600);
  return true;
}

/** Not of one moment, but its cursors are from before its first row: what is behind them is recorded again, and is the same. */
async function copyRows(url: string, path: string, terminal: Terminal): Promise<void> {
  const from = openReader(url);
  const to = openStore(path);
  const into = openReader(path);
  let copied = 0;
  try {
    await migrate(from, to, into, url, (what, rows) => terminal.status(`  history, ${what}: ${(copied += rows).toLocaleString('en-US')} rows`));
  } finally {
    await Promise.all([from.close(), into.close()]);
    await to.close(); // the last one: SQLite then leaves one file
  }
}
