/**
 * A zip file with one entry, as Lean keeps its data. Streaming, with the size and the checksum held to what the directory says;
 * fflate's streaming reader checks neither, so a damaged file would come out as damaged prices. Refused: encryption, several entries.
 * Source: PKWARE APPNOTE 6.3.10, sections 4.3.7, 4.3.12, 4.3.16 and 4.5.3 (Lean's writer puts sizes into zip64 fields).
 */
import { createReadStream } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { PassThrough, pipeline } from 'node:stream';
import { crc32, createInflateRaw } from 'node:zlib';
import { RefusedError } from '../../../runtime/errors.ts';

const LOCAL = 0x04034b50;
const CENTRAL = 0x02014b50;
const END = 0x06054b50;
/** End record, plus the longest comment that may follow it. */
const END_BYTES = 22;
const MAX_TAIL_BYTES = END_BYTES + 65_535;
const CENTRAL_BYTES = 46;
/** Name and extra fields that are read of a directory entry. */
const MAX_CENTRAL_TAIL_BYTES = 1_024;
const LOCAL_BYTES = 30;
const ZIP64_FIELD = 1;
const IN_ZIP64_FIELD = 0xffffffff;
const STORED = 0;
const DEFLATED = 8;

export interface ZipEntry {
  readonly path: string;
  readonly name: string;
  readonly method: number;
  readonly crc: number;
  readonly size: number;
  readonly packedSize: number;
  readonly dataOffset: number;
}

/** Reads the directory of the file. Throws RefusedError. */
export async function openZip(path: string): Promise<ZipEntry> {
  const file = await open(path, 'r');
  try {
    return await readDirectory(path, file);
  } finally {
    await file.close();
  }
}

async function readDirectory(path: string, file: FileHandle): Promise<ZipEntry> {
  const refuse = (why: string): RefusedError => new RefusedError(`${path}: ${why}`, 'A recording of US equities is a Lean zip with one CSV, e.g. 20131007_quote.zip.');
  const { size: fileSize } = await file.stat();
  const tail = await readAt(file, Math.max(0, fileSize - MAX_TAIL_BYTES), Math.min(fileSize, MAX_TAIL_BYTES));
  let at = tail.length - END_BYTES;
  while (at >= 0 && tail.readUInt32LE(at) !== END) at--;
  if (at < 0) throw refuse('not a zip file, or cut off');
  if (tail.readUInt16LE(at + 10) !== 1) throw refuse(`${tail.readUInt16LE(at + 10)} entries in the zip, not one`);
  const entry = await readAt(file, tail.readUInt32LE(at + 16), CENTRAL_BYTES + MAX_CENTRAL_TAIL_BYTES);
  if (entry.length < CENTRAL_BYTES || entry.readUInt32LE(0) !== CENTRAL) throw refuse('damaged zip directory');
  const method = entry.readUInt16LE(10);
  if ((entry.readUInt16LE(8) & 1) === 1 || (method !== STORED && method !== DEFLATED)) throw refuse('encrypted, or packed in a way that is not deflate');
  const nameEnd = CENTRAL_BYTES + entry.readUInt16LE(28);
  const sizes = sizesOf(entry, entry.subarray(nameEnd, nameEnd + entry.readUInt16LE(30)));
  if (sizes === null) throw refuse('damaged zip directory');
  const local = await readAt(file, sizes.localOffset, LOCAL_BYTES);
  if (local.length < LOCAL_BYTES || local.readUInt32LE(0) !== LOCAL) throw refuse('damaged zip header');
  return {
    path,
    name: entry.toString('utf8', CENTRAL_BYTES, nameEnd),
    method,
    crc: entry.readUInt32LE(16),
    size: sizes.size,
    packedSize: sizes.packedSize,
    dataOffset: sizes.localOffset + LOCAL_BYTES + local.readUInt16LE(26) + local.readUInt16LE(28),
  };
}

/** Sizes and offset: those that are all ones stand, in this order, in the zip64 field. null: they should and don't. */
function sizesOf(entry: Buffer, extra: Buffer): { size: number; packedSize: number; localOffset: number } | null {
  let field: Buffer = Buffer.alloc(0);
  for (let at = 0; at + 4 <= extra.length; at += 4 + extra.readUInt16LE(at + 2)) {
    if (extra.readUInt16LE(at) === ZIP64_FIELD) field = extra.subarray(at + 4, at + 4 + extra.readUInt16LE(at + 2));
  }
  const values: number[] = [];
  for (const at of [24, 20, 42]) {
    const value = entry.readUInt32LE(at);
    if (value !== IN_ZIP64_FIELD) values.push(value);
    else if (field.length < 8) return null;
    else {
      values.push(Number(field.readBigUInt64LE(0)));
      field = field.subarray(8);
    }
  }
  const [size, packedSize, localOffset] = values as [number, number, number];
  return values.every((value) => Number.isSafeInteger(value)) ? { size, packedSize, localOffset } : null;
}

async function readAt(file: FileHandle, position: number, length: number): Promise<Buffer> {
  const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, position);
  return buffer.subarray(0, bytesRead);
}

/** The entry's bytes. Throws at the end where size or checksum differ from the directory's. */
export async function* unzipEntry(entry: ZipEntry): AsyncGenerator<Buffer> {
  if (entry.packedSize === 0) return;
  const packed = createReadStream(entry.path, { start: entry.dataOffset, end: entry.dataOffset + entry.packedSize - 1 });
  const unpack = entry.method === STORED ? new PassThrough() : createInflateRaw();
  const bytes = pipeline(packed, unpack, () => undefined);
  let size = 0;
  let crc = 0;
  try {
    for await (const chunk of bytes as AsyncIterable<Buffer>) {
      size += chunk.length;
      if (size > entry.size) throw new RangeError(`longer than the ${entry.size} bytes that its directory says`);
      crc = crc32(chunk, crc);
      yield chunk;
    }
  } finally {
    bytes.destroy();
  }
  if (size !== entry.size || crc !== entry.crc) throw new RangeError('size or checksum differ from its directory');
}
