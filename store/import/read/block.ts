/**
 * Rows of a binary file, column by column: what its readers give, and, packed, what the child that runs them sends.
 * Whatever a library gives for a cell, a packed block is plain and bounded: long texts are cut, what is nested is an empty
 * object, and neither can be taken for a number or a time.
 */
import { KnownTime } from '../time.ts';
import type { RawRow } from './table.ts';

/** `line` of the first row, from 1. Columns in the file's order, all of one length. */
export interface Block { readonly line: number; readonly columns: readonly ArrayLike<unknown>[] }
export interface BlockTable {
  readonly format: string;
  readonly columns: readonly string[];
  /** Of at most rowsAtOnce() rows. Can be read once. */
  readonly blocks: AsyncIterable<Block>;
  /** How much of the file was read, 0 to 1. */
  done(): number;
}

/** Times in µs, NaN where there is none; or plain values. */
type PackedColumn = { readonly us: Float64Array } | { readonly values: readonly unknown[] | Float64Array };
export interface PackedBlock { readonly line: number; readonly rows: number; readonly columns: readonly PackedColumn[] }

const MAX_ROWS = 2_000;
const MAX_CELLS = 40_000;
/** Longer ones are an instrument, a price or a time in no file. */
const MAX_TEXT = 1_000;
const NESTED = {};

export const rowsAtOnce = (columns: number): number => Math.max(1, Math.min(MAX_ROWS, Math.floor(MAX_CELLS / Math.max(1, columns))));

export const packBlock = ({ line, columns }: Block): PackedBlock => ({ line, rows: columns[0]?.length ?? 0, columns: columns.map(packColumn) });

function packColumn(cells: ArrayLike<unknown>): PackedColumn {
  if (cells instanceof Float64Array) return { values: cells };
  const values = Array.from(cells, plain);
  if (!values.some((value) => value instanceof KnownTime)) return { values };
  return { us: Float64Array.from(values, (value) => (value instanceof KnownTime ? value.us : Number.NaN)) };
}

function plain(value: unknown): unknown {
  if (typeof value === 'string') return value.length > MAX_TEXT ? `${value.slice(0, MAX_TEXT)}…` : value;
  if (typeof value === 'number' || typeof value === 'boolean' || value instanceof KnownTime) return value;
  if (typeof value === 'bigint') return BigInt.asIntN(64, value) === value ? value : Number(value);
  if (value === null || value === undefined) return null;
  return value instanceof Date ? new KnownTime(value.getTime() * 1_000) : NESTED;
}

export function unpackBlock(names: readonly string[], { line, rows, columns }: PackedBlock): RawRow[] {
  const readers = columns.map((column, c) => [names[c]!, cellReader(column)] as const);
  return Array.from({ length: rows }, (_, i) => ({ line: line + i, cells: Object.fromEntries(readers.map(([name, read]) => [name, read(i)])) }));
}

function cellReader(column: PackedColumn): (row: number) => unknown {
  if ('values' in column) return (row) => column.values[row];
  return (row) => (Number.isNaN(column.us[row]) ? null : new KnownTime(column.us[row]!));
}
