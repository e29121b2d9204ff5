/** Makes the tables where there are none, and refuses those of a newer foretick. Safe when two processes do it at once. */
import { RefusedError } from '../../runtime/errors.ts';
import type { Database } from './database.ts';
import { literal } from './exec.ts';
import { createStatement, MARK, SCHEMA_VERSION, type Table, TABLES } from './tables.ts';

const VERSION_MARK = 'schema version';
const CURSOR = 'cursor ';
export const cursorMark = (stream: string): string => `${CURSOR}${stream}`;
const floorMark = (table: Table): string => `floor ${table.name}`;

/** null where it was never written. Of what the table has applied: wait for MARK before. */
export async function readMark(db: Database, name: string): Promise<number | null> {
  const [row] = await db.tuples(MARK, `WHERE "name" = ${literal(name)}`, ['value']);
  return (row?.[0] as number | undefined) ?? null;
}

/** Stream → sequence, of all streams. */
export async function readCursors(db: Database): Promise<Record<string, number>> {
  const marks = await db.select<{ name: string; value: number }>(MARK, '', ['name', 'value']);
  return Object.fromEntries(marks.filter(({ name }) => name.startsWith(CURSOR)).map(({ name, value }) => [name.slice(CURSOR.length), value]));
}

/** What lies below was pruned: times of most tables, sequences of a feed's. */
export const readFloor = async (db: Database, table: Table): Promise<number> => (await readMark(db, floorMark(table))) ?? 0;

export async function raiseFloor(db: Database, table: Table, floor: number): Promise<void> {
  await db.applied(MARK);
  if (floor > (await readFloor(db, table))) await writeMarks(db, new Map([[floorMark(table), floor]]));
}

export async function writeMarks(db: Database, marks: ReadonlyMap<string, number>): Promise<void> {
  if (marks.size > 0) await db.lines.send(MARK, db.named(MARK), [...marks].map(([name, value]) => ({ name, value, ts: 0 })));
}

/** Throws RefusedError for tables of a newer foretick. */
export async function ensureSchema(db: Database): Promise<void> {
  await db.applied(MARK);
  const version = (await readMark(db, VERSION_MARK)) ?? 0;
  if (version > SCHEMA_VERSION) {
    throw new RefusedError(`${db.label}: this history was written by a newer foretick (tables of version ${version}, this one knows ${SCHEMA_VERSION})`, 'Update foretick, or name another history: questdb:http://…/NAME.');
  }
  if (version === SCHEMA_VERSION) return;
  for (const table of TABLES) await db.exec.run(createStatement(db.named(table), table));
  await writeMarks(db, new Map([[VERSION_MARK, SCHEMA_VERSION]]));
}
