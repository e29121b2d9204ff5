/** Arrow files: Feather version 2 (the Arrow file format, LZ4, ZSTD or plain) and the Arrow stream format, one record batch at a time. */
import { createReadStream } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { zstdDecompressSync } from 'node:zlib';
import { type Codec, CompressionType, compressionRegistry, DataType, type RecordBatch, RecordBatchReader, TimeUnit, type Vector } from 'apache-arrow';
import { decompress, decompressBound } from 'lz4js';
import { messageOf, RefusedError } from '../../../runtime/errors.ts';
import { KnownTime } from '../time.ts';
import { type Block, type BlockTable, rowsAtOnce } from './block.ts';
import { MAX_ROWS_AT_ONCE, refuseColumns } from './table.ts';

/** Of one column of a record batch, unpacked: a few kilobytes can claim any size. */
const MAX_BUFFER_BYTES = 512 * 1024 ** 2;

const codecs: Record<CompressionType, Codec> = {
  [CompressionType.LZ4_FRAME]: { decode: (bytes) => unpackLz4(bytes) },
  [CompressionType.ZSTD]: { decode: (bytes) => unpackZstd(bytes) },
};

export const unpackZstd = (frame: Uint8Array): Uint8Array => zstdDecompressSync(frame, { maxOutputLength: MAX_BUFFER_BYTES });

export function unpackLz4(frame: Uint8Array): Uint8Array {
  const bound = decompressBound(frame);
  if (!(bound <= MAX_BUFFER_BYTES)) throw new RangeError(`a column that unpacks to ${bound} bytes, at most ${MAX_BUFFER_BYTES} are read`);
  return decompress(frame);
}

/** µs = value × the first ÷ the second. */
const SCALE: Record<TimeUnit, readonly [bigint, bigint]> = {
  [TimeUnit.SECOND]: [1_000_000n, 1n], [TimeUnit.MILLISECOND]: [1_000n, 1n], [TimeUnit.MICROSECOND]: [1n, 1n], [TimeUnit.NANOSECOND]: [1n, 1_000n],
};

export async function openArrow(path: string, kind: 'file' | 'stream'): Promise<BlockTable> {
  for (const type of [CompressionType.LZ4_FRAME, CompressionType.ZSTD]) compressionRegistry.set(type, codecs[type]);
  let handle: FileHandle | null = null;
  try {
    handle = kind === 'file' ? await open(path) : null;
    const reader = await (handle === null ? RecordBatchReader.from(createReadStream(path)) : RecordBatchReader.from(handle));
    await reader.open();
    const columns = reader.schema.fields.map((field) => field.name);
    refuseColumns(path, columns);
    let batches = 0;
    const total = 'numRecordBatches' in reader ? Number(reader.numRecordBatches) : 0;
    const onBatch = (): void => void (batches += 1);
    return {
      format: kind === 'file' ? 'Feather (Arrow file)' : 'Arrow stream', columns,
      blocks: arrowBlocks(path, reader as AsyncIterable<RecordBatch>, handle, onBatch), done: () => (total > 0 ? Math.min(1, batches / total) : 0),
    };
  } catch (error) {
    await handle?.close();
    throw unreadable(path, error);
  }
}

const unreadable = (path: string, error: unknown): RefusedError =>
  error instanceof RefusedError ? error : new RefusedError(`${path}: cannot be read as an Arrow file: ${messageOf(error)}`, 'Is it whole? Write it again as CSV or Parquet if this stays.', { cause: error });

async function* arrowBlocks(path: string, batches: AsyncIterable<RecordBatch>, handle: FileHandle | null, onBatch: () => void): AsyncGenerator<Block> {
  let line = 1;
  try {
    for await (const batch of batches) {
      if (batch.numRows > MAX_ROWS_AT_ONCE) throw new RangeError(`a record batch of ${batch.numRows} rows, at most ${MAX_ROWS_AT_ONCE} are read`);
      const columns = batch.schema.fields.map((_, i) => cellReader(batch.getChildAt(i)!));
      const size = rowsAtOnce(columns.length);
      for (let from = 0; from < batch.numRows; from += size) {
        const rows = Math.min(size, batch.numRows - from);
        yield { line, columns: columns.map((read) => Array.from({ length: rows }, (_, i) => read(from + i))) };
        line += rows;
      }
      onBatch();
    }
  } catch (error) {
    throw unreadable(path, error);
  } finally {
    await handle?.close();
  }
}

/** Times come as KnownTime: read from the stored integers, because the library's own numbers are milliseconds. */
function cellReader(vector: Vector): (row: number) => unknown {
  const { type } = vector;
  if (!DataType.isTimestamp(type)) return (row) => vector.get(row);
  const [times, over] = SCALE[type.unit as TimeUnit];
  const values = vector.data[0]!.values as BigInt64Array;
  return (row) => (vector.isValid(row) ? new KnownTime(Number(values[row]! * times / over)) : null);
}
