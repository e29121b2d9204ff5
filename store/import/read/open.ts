/** Opens a file of rows by what it holds, whatever it is called. */
import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { createGunzip } from 'node:zlib';
import { messageOf, RefusedError } from '../../../runtime/errors.ts';
import { openIsolated, READ_LIMITS, type ReadLimits } from './isolated.ts';
import type { Table } from './table.ts';
import { openCsv, openNdjson } from './text.ts';

const SNIFF_BYTES = 64 * 1024;

/** `columns`: names in order, for a text without a header line. Throws RefusedError for what can't be read. */
export async function openTable(path: string, columns: readonly string[] | null, limits: ReadLimits = READ_LIMITS): Promise<Table> {
  const head = await sniff(path);
  const magic = head.subarray(0, 6).toString('latin1');
  if (magic.startsWith('PAR1')) return openIsolated(path, 'parquet', limits);
  if (magic === 'ARROW1') return openIsolated(path, 'file', limits);
  if (magic.startsWith('FEA1')) throw new RefusedError(`${path}: Feather version 1, which is no longer made`, 'Read it with pandas or R and write it again (version 2 is the default there).');
  if (head.length >= 4 && head.readUInt32LE(0) === 0xffff_ffff) return openIsolated(path, 'stream', limits);
  const gzipped = head[0] === 0x1f && head[1] === 0x8b;
  const text = (gzipped ? await unpackedHead(path) : head).toString('utf8').replace(/^\uFEFF/, '');
  const firstLine = text.split('\n').find((line) => line.trim() !== '')?.trimEnd() ?? '';
  if (firstLine === '') throw new RefusedError(`${path}: is empty`, 'Nothing was imported.');
  if (text.includes('\0')) throw new RefusedError(`${path}: not a format that can be read`, 'CSV, NDJSON (both also gzipped), Parquet and Feather can.');
  if (text.trimStart().startsWith('[')) throw new RefusedError(`${path}: one JSON array`, 'Write one object a line (NDJSON), for example with: jq -c ".[]"');
  return firstLine.startsWith('{') ? openNdjson(path, gzipped, firstLine) : openCsv(path, gzipped, firstLine, columns);
}

/** The first SNIFF_BYTES or so of what a gzip file holds, however much that is. */
async function unpackedHead(path: string): Promise<Buffer> {
  const file = createReadStream(path);
  const unpacked = file.pipe(createGunzip());
  file.on('error', (error) => unpacked.destroy(error));
  const chunks: Buffer[] = [];
  let size = 0;
  try {
    for await (const chunk of unpacked as AsyncIterable<Buffer>) {
      chunks.push(chunk);
      size += chunk.length;
      if (size >= SNIFF_BYTES) break;
    }
  } catch (error) {
    throw new RefusedError(`${path}: damaged gzip (${messageOf(error)})`, 'Is it whole? Copy it again.', { cause: error });
  } finally {
    file.destroy();
  }
  return Buffer.concat(chunks);
}

async function sniff(path: string): Promise<Buffer> {
  try {
    const file = await open(path);
    try {
      const { bytesRead, buffer } = await file.read(Buffer.alloc(SNIFF_BYTES), 0, SNIFF_BYTES, 0);
      return buffer.subarray(0, bytesRead);
    } finally {
      await file.close();
    }
  } catch (error) {
    throw new RefusedError(`${path}: cannot be read (${messageOf(error)})`, 'Check the path and its permissions.', { cause: error });
  }
}
