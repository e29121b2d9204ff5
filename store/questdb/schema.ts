/** Makes the tables where there are none, and refuses those of a newer foretick. Safe when two processes do it at once. */
import { RefusedError } from '../../runtime/errors.ts';
import { applied } from './applied.ts';
import { type Exec, literal } from './exec.ts';
import type { LineWriter } from './ilp.ts';
import { createStatement, MARK, SCHEMA_VERSION, selectFrom, TABLES } from './tables.ts';
import type { QuestAddress } from './url.ts';

const VERSION_MARK = 'schema version';
export const cursorMark = (stream: string): string => `cursor ${stream}`;
export const floorMark = (table: string): string => `floor ${table}`;

export async function readMarks(exec: Exec, history: string, names: readonly string[]): Promise<Map<string, number>> {
  if (names.length === 0) return new Map();
  const rows = await exec.rows(`${selectFrom(history, MARK, ['name', 'value'])} WHERE "name" IN (${names.map(literal).join(', ')})`);
  return new Map(rows.map((row) => [row['name'] as string, row['value'] as number]));
}

export async function writeMarks(exec: Exec, lines: LineWriter, { name: history, label }: QuestAddress, marks: ReadonlyMap<string, number>): Promise<void> {
  if (marks.size === 0) return;
  await lines.send(MARK, [...marks].map(([name, value]) => ({ name, value, ts: 0 })));
  await applied(exec, label, [`${history}_${MARK.name}`]);
}

/** Throws RefusedError for tables of a newer foretick. */
export async function ensureSchema(exec: Exec, lines: LineWriter, address: QuestAddress): Promise<void> {
  const { name: history, label } = address;
  // What another process wrote last may still be on its way into the tables.
  await applied(exec, label, TABLES.map((table) => `${history}_${table.name}`));
  const version = (await readMarks(exec, history, [VERSION_MARK])).get(VERSION_MARK) ?? 0;
  if (version > SCHEMA_VERSION) {
    throw new RefusedError(`${label}: the history ${history} was written by a newer foretick (tables of version ${version}, this one knows ${SCHEMA_VERSION})`, 'Update foretick, or name another history: questdb:http://…/NAME.');
  }
  if (version === SCHEMA_VERSION) return;
  for (const table of TABLES) await exec.run(createStatement(history, table));
  await writeMarks(exec, lines, address, new Map([[VERSION_MARK, SCHEMA_VERSION]]));
}
