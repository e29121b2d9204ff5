/** A file as rows. Readers hold at most one chunk (text), one record batch (Arrow) or one row group (Parquet) in memory. */
import { RefusedError } from '../../../runtime/errors.ts';
import type { Cells } from '../rows.ts';

export const CHUNK_ROWS = 2_000;
/** Of what a reader holds in memory as a whole. */
export const MAX_ROWS_AT_ONCE = 5_000_000;
const MAX_COLUMNS = 512;

export function refuseColumns(path: string, columns: readonly string[]): void {
  if (columns.length > MAX_COLUMNS) throw new RefusedError(`${path}: ${columns.length} columns, at most ${MAX_COLUMNS} are read`, 'Keep the columns of the bars or ticks alone.');
}

/** `line` counts from 1: lines of a text, rows of a table. A row that can't be split into cells carries the reason. */
export type RawRow = { readonly line: number; readonly cells: Cells } | { readonly line: number; readonly problem: string };

export interface Table {
  readonly format: string;
  readonly columns: readonly string[];
  /** What `line` counts. */
  readonly unit: 'line' | 'row';
  /** In chunks of at most CHUNK_ROWS. Can be read once. */
  readonly chunks: AsyncIterable<RawRow[]>;
  /** How much of the file was read, 0 to 1. */
  done(): number;
}
