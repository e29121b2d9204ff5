/** Interned names: text ↔ small integer. Ids never change, so both directions are cached, at most CACHE_SIZE of them. */
import type { DatabaseSync } from 'node:sqlite';

const CACHE_SIZE = 50_000;

export interface Names {
  /** null: nothing was stored under that name. */
  find(text: string): number | null;
  /** Inside a transaction. After its rollback, call `forget`. */
  intern(text: string): number;
  text(id: number): string;
  forget(): void;
}

export function createNames(db: DatabaseSync): Names {
  const select = db.prepare('SELECT id FROM name WHERE text = ?');
  const selectText = db.prepare('SELECT text FROM name WHERE id = ?');
  const insert = db.prepare('INSERT INTO name (text) VALUES (?)');
  const ids = new Map<string, number>();
  const texts = new Map<number, string>();
  const keep = (text: string, id: number): void => {
    if (ids.size >= CACHE_SIZE) ids.clear();
    if (texts.size >= CACHE_SIZE) texts.clear();
    ids.set(text, id);
    texts.set(id, text);
  };
  const find = (text: string): number | null => {
    const cached = ids.get(text);
    if (cached !== undefined) return cached;
    const row = select.get(text) as { id: number } | undefined;
    if (row === undefined) return null;
    keep(text, row.id);
    return row.id;
  };
  return {
    find,
    intern(text) {
      const known = find(text);
      if (known !== null) return known;
      const id = Number(insert.run(text).lastInsertRowid);
      keep(text, id);
      return id;
    },
    text(id) {
      const cached = texts.get(id);
      if (cached !== undefined) return cached;
      const { text } = selectText.get(id) as { text: string };
      keep(text, id);
      return text;
    },
    forget() {
      ids.clear();
      texts.clear();
    },
  };
}
