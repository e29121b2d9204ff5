/**
 * Rows as the text of line protocol. By hand: the client writes a text sign by sign (6 µs a row of a feed, this 2), and lets its caller wait
 * once a row. A double is written as the shortest text that reads back as the same number.
 */
import type { Cell, Cells } from './exec.ts';
import { columnOf, type ColumnType, type Table, timeField } from './tables.ts';

const unquoted = (text: string): string => text.replaceAll(/[ ,=\\\r\n]/g, '\\$&');
const quoted = (text: string): string => text.replaceAll(/["\\\r\n]/g, '\\$&');

const FIELD: Readonly<Record<Exclude<ColumnType, 'symbol' | 'time'>, (value: Cell) => string>> = {
  text: (value) => `"${quoted(value as string)}"`,
  long: (value) => `${value as number}i`,
  double: String,
  boolean: (value) => (value === true ? 't' : 'f'),
};

/** Of rows that the table can hold (checkRows); null is left out. `name` is the table's on the server: it and the columns need no escape. */
export function lineText(table: Table, name: string, rows: readonly Cells[]): string {
  const symbols = Object.keys(table.columns).filter((field) => table.columns[field] === 'symbol').map((field) => ({ field, start: `,${columnOf(field)}=` }));
  const fields = Object.entries(table.columns).flatMap(([field, type]) => (type === 'symbol' || type === 'time' ? [] : [{ field, start: `${columnOf(field)}=`, write: FIELD[type] }]));
  const time = timeField(table);
  let text = '';
  for (const row of rows) {
    text += name;
    for (const { field, start } of symbols) text += start + unquoted(row[field] as string);
    let separator = ' ';
    for (const { field, start, write } of fields) {
      const value = row[field] ?? null;
      if (value === null) continue;
      text += separator + start + write(value);
      separator = ',';
    }
    text += ` ${row[time] as number}t\n`;
  }
  return text;
}
