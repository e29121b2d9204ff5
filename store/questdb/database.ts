/** One history on a server: its tables by their names there, and the two ways to them, SQL and line protocol. */
import { applied } from './applied.ts';
import { type Cell, createExec, type Exec } from './exec.ts';
import { createLineWriter, type LineWriter } from './ilp.ts';
import { fieldsOf, selectFrom, type Table } from './tables.ts';
import type { QuestAddress } from './url.ts';

export interface Database {
  readonly label: string;
  readonly exec: Exec;
  readonly lines: LineWriter;
  named(table: Table): string;
  /** Resolves when all that these had taken can be read. Before a `select` whose rows must be complete. Throws RetryError. */
  applied(...tables: readonly Table[]): Promise<void>;
  /** Some fields, or all; `rest` is what follows FROM. */
  select<Row>(table: Table, rest: string, fields?: readonly (keyof Row & string)[]): Promise<Row[]>;
  /** The same as arrays, in the order of `fields`: for ranges. */
  tuples(table: Table, rest: string, fields: readonly string[]): Promise<readonly (readonly Cell[])[]>;
}

export function createDatabase(address: QuestAddress): Database {
  const { label, name: history } = address;
  const exec = createExec(address);
  const named = (table: Table): string => `${history}_${table.name}`;
  return {
    label, exec, named,
    lines: createLineWriter(address),
    applied: (...tables) => applied(exec, label, tables.map(named)),
    select: async <Row>(table: Table, rest: string, fields: readonly string[] = fieldsOf(table)) => (await exec.rows(`${selectFrom(named(table), table, fields)} ${rest}`)) as Row[],
    tuples: (table, rest, fields) => exec.tuples(`${selectFrom(named(table), table, fields)} ${rest}`),
  };
}
