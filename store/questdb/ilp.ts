/**
 * Rows of one table over line protocol (HTTP): one flush is one request, and one request is one transaction of its table.
 *
 * The client forgets its rows before they are sent, so the caller keeps them until `send` resolves, and sends all of them again after
 * an error. It doesn't retry by itself: whoever called `write` knows when to.
 */
import { Sender, type SenderOptions } from '@questdb/nodejs-client';
import { ForetickError, messageOf, RefusedError } from '../../runtime/errors.ts';
import { answerError, connectionError } from './errors.ts';
import type { Cell, Cells } from './exec.ts';
import { columnOf, type ColumnType, type Table, timeField } from './tables.ts';
import type { QuestAddress } from './url.ts';

/** A link that is dead on the other side is noticed within this; the client adds a second for each 100 kB. */
const REQUEST_MS = 10_000;
/** A batch beyond this is refused by the client; the recorder's are a tenth of it. */
const MAX_BYTES = 256 * 1024 ** 2;

export interface LineWriter { /** `name` is the table's on the server. */ send(table: Table, name: string, rows: readonly Cells[]): Promise<void>; close(): Promise<void> }

export function createLineWriter(address: QuestAddress): LineWriter {
  const { protocol, host, port, user, password, label } = address;
  const options: Partial<SenderOptions> = {
    protocol, host, port, protocol_version: '2', auto_flush: false, stdlib_http: true, retry_timeout: 0, request_timeout: REQUEST_MS, max_buf_size: MAX_BYTES, log: () => undefined,
    ...(user === '' ? {} : { username: user, password }),
  };
  const sender = new Sender(options as SenderOptions);
  return {
    async send(table, name, rows) {
      const columns = columnsOf(table);
      const time = timeField(table);
      try {
        for (const row of rows) {
          add(sender.table(name), columns, row);
          await sender.at(row[time] as number, 'us');
        }
        await sender.flush();
      } catch (error) {
        sender.reset();
        throw sendError(label, error);
      }
    },
    close: () => sender.close(),
  };
}

interface Column { readonly field: string; readonly type: ColumnType; readonly column: string; readonly isNullable: boolean }
const FILLED = new Set(['open', 'high', 'low', 'close', 'volume']);
const columnsOf = (table: Table): Column[] => Object.entries(table.columns).map(([field, type]) => ({ field, type, column: columnOf(field), isNullable: type === 'double' && !FILLED.has(field) }));

/** Throws RefusedError for a row that the table can't hold, before anything was sent. null is left out: the column stays empty. */
export function checkRows(table: Table, rows: readonly Cells[]): void {
  const columns = columnsOf(table);
  for (const row of rows) {
    for (const { field, type, isNullable } of columns) {
      const value = row[field] ?? null;
      if (value === null ? isNullable : fits(type, value)) continue;
      throw new RefusedError(`${table.name}: ${field} is ${String(value)}, so nothing of this batch was written`, 'A number that must be finite was not, or a field had the wrong type.');
    }
  }
}

function fits(type: ColumnType, value: Cell): boolean {
  if (type === 'symbol' || type === 'text') return typeof value === 'string' && value !== '';
  if (type === 'boolean') return typeof value === 'boolean';
  if (type === 'double') return typeof value === 'number' && Number.isFinite(value);
  return Number.isSafeInteger(value) && (type === 'long' || (value as number) >= 0);
}

/** Symbols come before columns: line protocol wants it so, and the tables list them so. */
function add(sender: Sender, columns: readonly Column[], row: Cells): void {
  for (const { field, type, column } of columns) {
    const value = row[field] ?? null;
    if (value === null || type === 'time') continue;
    if (type === 'symbol') sender.symbol(column, value);
    else if (type === 'text') sender.stringColumn(column, value as string);
    else if (type === 'long') sender.intColumn(column, value as number);
    else if (type === 'double') sender.floatColumn(column, value as number);
    else sender.booleanColumn(column, value as boolean);
  }
}

function sendError(label: string, error: unknown): ForetickError {
  const text = messageOf(error);
  const status = /statusCode=(\d+)/.exec(text)?.[1];
  return status === undefined ? connectionError(label, error) : answerError(label, Number(status), text);
}
