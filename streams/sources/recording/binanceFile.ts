/**
 * A recording of raw Binance frames: gzip, one frame a line, `<receive time, ns since the epoch> <JSON>`.
 *
 * Which market it is follows from the frames. Futures name their event in bookTicker (`e`) and chain depth updates
 * (`pu`); spot does neither, and its trades carry `M`.
 */
import { basename } from 'node:path';
import { messageOf, RefusedError } from '../../../runtime/errors.ts';
import type { BinanceVenue } from '../binance/parse.ts';
import { gunzipFile } from './gunzip.ts';
import { type Line, readLines } from './lines.ts';
import { createPatience, type Drop, dropBadTimes, firstRowUs, type RecordingFile, type Row } from './row.ts';

/** The largest real frame, a depth snapshot, has 64,000 bytes. */
const MAX_LINE_BYTES = 1_000_000;
/** The market must be clear from this many lines. */
const PROBE_LINES = 1_000;
/** 19 digits of nanoseconds, from the year 2001; those after 2255 aren't exact and are refused. */
const LINE = /^(\d{16})(\d{3}) \{/;
const PREFIX_CHARS = 20;

/** Throws RefusedError when the file isn't such a recording. */
export async function openBinanceFile(path: string): Promise<RecordingFile> {
  const { venue, firstLine } = await probe(path);
  const file = { path, venue, order: [basename(path), venue, firstLine].join('\n'), firstUs: Infinity, rows: (drop: Drop) => dropBadTimes(rowsOf(file, drop), drop) };
  file.firstUs = await firstRowUs(file.rows(() => undefined));
  return file;
}

async function* rowsOf(file: RecordingFile, drop: Drop): AsyncGenerator<Row[]> {
  const patience = createPatience(file.path);
  for await (const lines of linesOf(file.path)) {
    const rows: Row[] = [];
    for (const { text } of lines) {
      const stamp = text === null ? null : LINE.exec(text);
      if (text === null) drop('tooLarge');
      else if (stamp === null) drop('malformed');
      else if (!Number.isSafeInteger(Number(stamp[1]))) drop('badTime');
      else rows.push({ file, us: Number(stamp[1]), ns: Number(stamp[2]), content: text.slice(PREFIX_CHARS) });
    }
    patience.take(lines.length, rows.length, lines.at(-1)!.number);
    if (rows.length > 0) yield rows;
  }
}

async function* linesOf(path: string): AsyncGenerator<Line[]> {
  let last = 0;
  try {
    for await (const lines of readLines(gunzipFile(path), MAX_LINE_BYTES)) {
      yield lines;
      last = lines.at(-1)!.number;
    }
  } catch (error) {
    throw new RefusedError(`${path}: damaged gzip after line ${last} (${messageOf(error)})`, 'Copy the file again, or leave it out.', { cause: error });
  }
}

async function probe(path: string): Promise<{ venue: BinanceVenue; firstLine: string }> {
  let firstLine: string | null = null;
  for await (const lines of linesOf(path)) {
    for (const { number, text } of lines) {
      if (number > PROBE_LINES) break;
      if (text === null || !LINE.test(text)) continue;
      firstLine ??= text.slice(0, 200);
      const venue = venueOf(text);
      if (venue !== null) return { venue, firstLine };
    }
    if (lines.at(-1)!.number >= PROBE_LINES) break;
  }
  throw new RefusedError(`${path}: no Binance frame in its first ${PROBE_LINES} lines`, 'A recording is gzip with lines like: 1721347020984480942 {"stream":"btcusdt@trade","data":{…}}');
}

/** The market that a frame is of; null where both have such frames. */
function venueOf(text: string): BinanceVenue | null {
  if (text.includes('"e":"depthUpdate"')) return text.includes('"pu":') ? 'binance-usdm' : 'binance-spot';
  if (text.includes('"e":"bookTicker"')) return 'binance-usdm';
  if (text.includes('"e":"trade"')) return text.includes('"M":') ? 'binance-spot' : 'binance-usdm';
  return text.includes('@bookTicker"') ? 'binance-spot' : null;
}
