import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { expect, test } from 'vitest';
import { guarded } from '../../store/sqlite/errors.ts';
import { onDisk } from './files.ts';

test('a disk that fills while the store\'s own writer makes the copy: nothing goes on by itself, and that is said', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'foretick-files-'));
  const path = join(dir, 'history.db');
  const db = new DatabaseSync(path);
  db.exec('CREATE TABLE t (x BLOB); PRAGMA max_page_count = 3');
  const copying = onDisk(dir, async () => guarded(path, () => db.prepare('INSERT INTO t VALUES (zeroblob(100000))').run()));
  await expect(copying).rejects.toMatchObject({ name: 'RefusedError', message: `${dir}: there is no space left` });
  db.close();
  rmSync(dir, { recursive: true });
});
