/** Parquet, every compression that the format knows, one row group at a time. */
import { asyncBufferFromFile, type DecodedArray, type ParquetScan, parquetScan } from 'hyparquet';
import { compressors } from 'hyparquet-compressors';
import { messageOf, RefusedError } from '../../../runtime/errors.ts';
import { KnownTime } from '../time.ts';
import { type Block, type BlockTable, rowsAtOnce } from './block.ts';
import { MAX_ROWS_AT_ONCE, refuseColumns } from './table.ts';

/** Of a row group, which is in memory as a whole. */
const MAX_CELLS_AT_ONCE = 50_000_000;
/** Times come as KnownTime: the library's own dates are milliseconds. */
const parsers = {
  timestampFromMilliseconds: (value: bigint) => new KnownTime(Number(value * 1_000n)),
  timestampFromMicroseconds: (value: bigint) => new KnownTime(Number(value)),
  timestampFromNanoseconds: (value: bigint) => new KnownTime(Number(value / 1_000n)),
};

export async function openParquet(path: string): Promise<BlockTable> {
  const scan = await refusing(path, async () => parquetScan({ file: await asyncBufferFromFile(path), compressors, parsers }));
  const total = Number(scan.metadata.num_rows);
  const { num_children: children = 0 } = scan.metadata.schema[0]!;
  if (scan.metadata.schema.length !== children + 1) throw new RefusedError(`${path}: has nested columns`, 'Write the table with plain columns only.');
  const columns = scan.metadata.schema.slice(1).map((element) => element.name);
  refuseColumns(path, columns);
  let read = 0;
  return { format: 'Parquet', columns, blocks: parquetBlocks(path, scan, columns, (rows) => void (read = rows)), done: () => (total === 0 ? 1 : read / total) };
}

async function* parquetBlocks(path: string, scan: ParquetScan, columns: readonly string[], onRead: (rows: number) => void): AsyncGenerator<Block> {
  for (const { rowStart, rowEnd } of scan.ranges) {
    const size = rowEnd - rowStart;
    if (size > MAX_ROWS_AT_ONCE || size * columns.length > MAX_CELLS_AT_ONCE) throw new RefusedError(`${path}: a row group of ${size} rows and ${columns.length} columns`, `Write it with row groups of at most ${MAX_ROWS_AT_ONCE} rows and ${MAX_CELLS_AT_ONCE} cells.`);
    const data: DecodedArray[] = [];
    for (const column of columns) data.push(await refusing(path, () => scan.readColumn({ column, rowStart, rowEnd })));
    const rows = rowsAtOnce(columns.length);
    for (let from = 0; from < size; from += rows) {
      const to = Math.min(size, from + rows);
      onRead(rowStart + to);
      yield { line: rowStart + from + 1, columns: data.map((cells) => cells.slice(from, to)) };
    }
  }
}

async function refusing<T>(path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw new RefusedError(`${path}: cannot be read as Parquet: ${messageOf(error)}`, 'Is it whole? Write it again as CSV or Feather if this stays.', { cause: error });
  }
}
