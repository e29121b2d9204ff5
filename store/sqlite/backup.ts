/** A copy of the history's file while it is written to: of one moment, because all pages are copied in one step. */
import { backup, DatabaseSync } from 'node:sqlite';
import { guarded } from './errors.ts';

const ALL_PAGES = 2 ** 31 - 1;

export async function backupSqlite(path: string, to: string): Promise<void> {
  const db = guarded(path, () => new DatabaseSync(path, { readOnly: true }));
  try {
    await backup(db, to, { rate: ALL_PAGES });
  } finally {
    db.close();
  }
}
