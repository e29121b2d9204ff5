/** Files of a backup, written and read in blocks, each with its SHA-256. What the disk refuses becomes a message for people. */
import { createHash } from 'node:crypto';
import { closeSync, fsyncSync, mkdirSync, openSync, readSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import { RefusedError, RetryError } from '../../runtime/errors.ts';

const BLOCK_BYTES = 128 * 1024;

export interface Sum { readonly bytes: number; readonly sha256: string }

/** On the disk when this returns. */
export async function writeSummed(path: string, fill: (write: (chunk: Uint8Array) => void) => Promise<void> | void): Promise<Sum> {
  const hash = createHash('sha256');
  let bytes = 0;
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  const file = openSync(path, 'wx', 0o600);
  try {
    await fill((chunk) => {
      for (let done = 0; done < chunk.length; ) done += writeSync(file, chunk, done);
      hash.update(chunk);
      bytes += chunk.length;
    });
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
  return { bytes, sha256: hash.digest('hex') };
}

export function* blocksOf(path: string): Generator<Uint8Array> {
  const file = openSync(path, 'r');
  try {
    for (;;) {
      const block = new Uint8Array(BLOCK_BYTES);
      const n = readSync(file, block);
      if (n === 0) return;
      yield block.subarray(0, n);
    }
  } finally {
    closeSync(file);
  }
}

export function sumOf(path: string): Sum {
  const hash = createHash('sha256');
  let bytes = 0;
  for (const block of blocksOf(path)) {
    hash.update(block);
    bytes += block.length;
  }
  return { bytes, sha256: hash.digest('hex') };
}

const WORDS: Readonly<Record<string, string>> = {
  ENOSPC: 'there is no space left', EDQUOT: 'your quota is used up', EFBIG: 'files may not be as large there', EROFS: 'it is read-only', EACCES: 'you may not write there', EPERM: 'you may not write there', ENOTDIR: 'it is not a folder',
};
/** Primary result codes of SQLite: the copy of the history is written by it. */
const SQLITE_WORDS: Readonly<Record<number, string>> = { 10: 'the disk refuses to take more', 13: WORDS['ENOSPC']! };

/** Runs `work`; what the disk refused is said in plain words. */
export async function onDisk<T>(dir: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const said = error instanceof RetryError ? error.cause : error; // the store's writer says a full disk in its own words
    const { code, errcode } = (said ?? {}) as { code?: unknown; errcode?: unknown };
    const why = typeof errcode === 'number' ? SQLITE_WORDS[errcode & 0xff] : typeof code === 'string' ? WORDS[code] : undefined;
    if (why === undefined) throw error;
    throw new RefusedError(`${dir}: ${why}`, 'Nothing of it was kept. Free some space or choose another folder, then run it again.', { cause: error });
  }
}
