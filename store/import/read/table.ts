/** A file as rows. Readers hold at most one chunk (text), one record batch (Arrow) or one row group (Parquet) in memory. */
import type { Cells } from '../rows.ts';

export const CHUNK_ROWS = 2_000;

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
