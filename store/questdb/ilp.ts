/**
 * Rows of one table over line protocol (HTTP): one request is one transaction of its table. Nothing is kept: after an error the caller
 * sends all of its rows again, when it knows that the time has come.
 */
import type { HttpTransport, SenderOptions } from '@questdb/nodejs-client';
import { ForetickError, messageOf, RefusedError } from '../../runtime/errors.ts';
import { answerError, connectionError } from './errors.ts';
import type { Cell, Cells } from './exec.ts';
import { lineText } from './lineText.ts';
import type { ColumnType, Table } from './tables.ts';
import type { QuestAddress } from './url.ts';

/** Of silence: a socket that still takes bytes isn't silent, so a large batch needs no more. */
const SILENCE_MS = 7_000;
/** Node asks a second time where bytes are still on their way out. */
export const DEAD_AFTER_MS = 2 * SILENCE_MS;
/** Bytes a second. Below this the client would add time: half a minute for a full batch. */
const ANY_SPEED = Number.MAX_SAFE_INTEGER;

export interface LineWriter { /** `name` is the table's on the server. */ send(table: Table, name: string, rows: readonly Cells[]): Promise<void> }

export function createLineWriter(address: QuestAddress): LineWriter {
  const { protocol, host, port, user, password, label } = address;
  const options: Partial<SenderOptions> = {
    protocol, host, port, retry_timeout: 0, request_timeout: SILENCE_MS, request_min_throughput: ANY_SPEED, log: () => undefined,
    ...(user === '' ? {} : { username: user, password }),
  };
  let transport: Promise<HttpTransport> | undefined;
  return {
    async send(table, name, rows) {
      transport ??= openTransport(options as SenderOptions);
      try {
        await (await transport).send(Buffer.from(lineText(table, name, rows)));
      } catch (error) {
        throw sendError(label, error);
      }
    },
  };
}

/** Loaded by who writes to QuestDB: it is more than half of what a process with a store loads. */
async function openTransport(options: SenderOptions): Promise<HttpTransport> {
  const { HttpTransport } = await import('@questdb/nodejs-client');
  return new HttpTransport(options);
}

interface Column { readonly field: string; readonly type: ColumnType; readonly isNullable: boolean }
const FILLED = new Set(['open', 'high', 'low', 'close', 'volume']);
const columnsOf = (table: Table): Column[] => Object.entries(table.columns).map(([field, type]) => ({ field, type, isNullable: type === 'double' && !FILLED.has(field) }));

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

function sendError(label: string, error: unknown): ForetickError {
  const text = messageOf(error);
  const status = /statusCode=(\d+)/.exec(text)?.[1];
  return status === undefined ? connectionError(label, error) : answerError(label, Number(status), text);
}
