/** From paths to the files of a recording, in file order. A folder stands for the data files in it; others there are left alone. */
import { readdir, realpath, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { RefusedError } from '../../../runtime/errors.ts';
import { openLeanFile } from '../usEquity/leanFile.ts';
import { openBinanceFile } from './binanceFile.ts';
import type { RecordingFile } from './row.ts';

/** Ten years of daily trade and quote files of one symbol. */
const MAX_FILES = 5_000;
const DATA_FILE = /\.(gz|zip)$/i;

/** Throws RefusedError for what is missing, not a recording, given twice, or can't share a feed. */
export async function findRecordingFiles(paths: readonly string[]): Promise<RecordingFile[]> {
  const found = new Set<string>();
  for (const path of paths) for (const file of await expand(path)) found.add(file);
  if (found.size > MAX_FILES) throw new RefusedError(`${found.size} files in one recording, at most ${MAX_FILES} are read`, 'Name fewer files.');
  const files: RecordingFile[] = [];
  for (const path of found) files.push(/\.zip$/i.test(path) ? await openLeanFile(path) : await openBinanceFile(path));
  files.sort((a, b) => (a.order < b.order ? -1 : a.order > b.order ? 1 : 0));
  files.forEach((file, i) => {
    if (i > 0 && file.order === files[i - 1]!.order) throw new RefusedError(`${file.path} and ${files[i - 1]!.path}: the same recording twice`, 'Name it once.');
  });
  if (files.some(({ venue }) => venue === 'us-equity') && files.some(({ venue }) => venue !== 'us-equity')) {
    throw new RefusedError('US equities and Binance in one recording: a market with sessions and one that never closes', 'Replay them as two feeds.');
  }
  return files;
}

async function expand(path: string): Promise<string[]> {
  let isFolder: boolean;
  try {
    isFolder = (await stat(path)).isDirectory();
  } catch (error) {
    throw new RefusedError(`${path}: cannot be read`, 'Give a file or a folder that is there, e.g. recording:../shared/data/binance-usdm', { cause: error });
  }
  if (!isFolder) {
    if (!DATA_FILE.test(path)) throw new RefusedError(`${path}: not a recording`, 'Known are Binance frames (.gz) and Lean zips (.zip).');
    return [await realpath(path)];
  }
  const names = (await readdir(path)).filter((name) => DATA_FILE.test(name)).sort();
  if (names.length === 0) throw new RefusedError(`${path}: no recording in this folder`, 'Known are Binance frames (.gz) and Lean zips (.zip).');
  return Promise.all(names.map((name) => realpath(join(path, name))));
}
