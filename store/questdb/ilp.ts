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

const REQUEST_MS = 30_000;
/** A batch beyond this is refused by the client; the recorder's are a hundredth of it. */
const MAX_BYTES = 256 * 1024 ** 2;

export interface LineWriter { send(table: Table, rows: readonly Cells[]): Promise<void>; close(): Promise<void> }

export function createLineWriter(address: QuestAddress): LineWriter {
  const { protocol, host, port, user, password, label, name } = address;
  const options: Partial<SenderOptions> = {
    protocol, host, port, protocol_version: '2', auto_flush: false, stdlib_http: true, retry_timeout: 0, request_timeout: REQUEST_MS, max_buf_size: MAX_BYTES, log: () => undefined,
    ...(user === '' ? {} : { username: user, password }),
  };
  const sender = new Sender(options as SenderOptions);
  return {
    async send(table, rows) {
      try {
        for (const row of rows) await add(sender, `${name}_${table.name}`, table, row);
        await sender.flush();
      } catch (error) {
        sender.reset();
        throw sendError(label, error);
      }
    },
    close: () => sender.close(),
  };
}

/** Throws RefusedError for a row that the table can't hold, before anything was sent. null is left out: the column stays empty. */
export function checkRow(table: Table, row: Cells): void {
  for (const [field, type] of Object.entries(table.columns)) {
    const value = row[field] ?? null;
    const isNullable = type === 'double' && !['open', 'high', 'low', 'close', 'volume'].includes(field);
    if (value === null ? !isNullable : !fits(type, value)) {
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
async function add(sender: Sender, tableName: string, table: Table, row: Cells): Promise<void> {
  sender.table(tableName);
  for (const [field, type] of Object.entries(table.columns)) {
    const value = row[field] ?? null;
    if (value === null || type === 'time') continue;
    const column = columnOf(field);
    if (type === 'symbol') sender.symbol(column, value);
    else if (type === 'text') sender.stringColumn(column, value as string);
    else if (type === 'long') sender.intColumn(column, value as number);
    else if (type === 'double') sender.floatColumn(column, value as number);
    else sender.booleanColumn(column, value as boolean);
  }
  await sender.at(row[timeField(table)] as number, 'us');
}

function sendError(label: string, error: unknown): ForetickError {
  const text = messageOf(error);
  const status = /statusCode=(\d+)/.exec(text)?.[1];
  return status === undefined ? connectionError(label, error) : answerError(label, Number(status), text);
}
