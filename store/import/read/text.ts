/** Text files, plain or gzipped: CSV (comma, semicolon, tab or bar) and NDJSON. Lines and records have a limit, files have none. */
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { parse } from 'csv-parse';
import { messageOf, RefusedError } from '../../../runtime/errors.ts';
import { CHUNK_ROWS, type RawRow, type Table } from './table.ts';

const MAX_LINE_CHARS = 100_000;
const NEWLINE_HINT = 'Is this a text file, one record a line?';

async function openText(path: string, gzipped: boolean): Promise<{ stream: Readable; done(): number }> {
  const { size } = await stat(path);
  const file = createReadStream(path, { highWaterMark: 256 * 1024 });
  const stream: Readable = gzipped ? file.pipe(createGunzip()) : file;
  if (gzipped) file.on('error', (error) => stream.destroy(error));
  return { stream, done: () => (size === 0 ? 1 : file.bytesRead / size) };
}

/** The first line's commonest separator. */
function delimiterOf(firstLine: string): string {
  const count = (mark: string): number => firstLine.split(mark).length;
  return [',', ';', '\t', '|'].reduce((best, mark) => (count(mark) > count(best) ? mark : best));
}

/** `names` where the file has no header line. Throws RefusedError for a first line that is data. */
export async function openCsv(path: string, gzipped: boolean, firstLine: string, names: readonly string[] | null): Promise<Table> {
  const delimiter = delimiterOf(firstLine);
  const first = firstLine.split(delimiter).map((name) => name.trim().replace(/^"(.*)"$/, '$1'));
  if (names === null && first.every((name) => name === '' || /^[-+]?[\d.]/.test(name))) {
    throw new RefusedError(`${path}: the first line holds no column names, but ${firstLine.slice(0, 60)}`, 'Name the columns in order: --columns time,open,high,low,close,volume (any name for those to skip)');
  }
  const { stream, done } = await openText(path, gzipped);
  const columns = names ?? first;
  return { format: gzipped ? 'CSV, gzipped' : 'CSV', columns, unit: 'line', done, chunks: csvRows(path, stream, delimiter, columns, names === null) };
}

async function* csvRows(path: string, stream: Readable, delimiter: string, columns: readonly string[], header: boolean): AsyncGenerator<RawRow[]> {
  let chunk: RawRow[] = [];
  const parser = parse({
    delimiter, bom: true, info: true, relax_column_count: true, skip_empty_lines: true, max_record_size: MAX_LINE_CHARS, skip_records_with_error: true,
    on_skip: (error) => void chunk.push({ line: Number(error?.['lines'] ?? 0), problem: messageOf(error) }),
  });
  stream.on('error', (error) => parser.destroy(error));
  stream.pipe(parser);
  try {
    let first = header;
    for await (const { record, info } of parser as AsyncIterable<{ record: string[]; info: { lines: number } }>) {
      if (first) {
        first = false;
        continue;
      }
      chunk.push({ line: info.lines, cells: Object.fromEntries(columns.map((name, i) => [name, record[i]])) });
      if (chunk.length >= CHUNK_ROWS) {
        yield chunk;
        chunk = [];
      }
    }
  } catch (error) {
    throw new RefusedError(`${path}: cannot be read as CSV: ${messageOf(error)}`, NEWLINE_HINT, { cause: error });
  } finally {
    stream.destroy();
  }
  if (chunk.length > 0) yield chunk;
}

/** Columns are those of the first object. */
export async function openNdjson(path: string, gzipped: boolean, firstLine: string): Promise<Table> {
  const first = parseLine(firstLine, 1);
  if ('problem' in first) throw new RefusedError(`${path}: line 1: ${first.problem}`, 'NDJSON has one JSON object a line.');
  const { stream, done } = await openText(path, gzipped);
  return { format: gzipped ? 'NDJSON, gzipped' : 'NDJSON', columns: Object.keys(first.cells), unit: 'line', done, chunks: ndjsonRows(path, stream) };
}

async function* ndjsonRows(path: string, stream: Readable): AsyncGenerator<RawRow[]> {
  const decoder = new TextDecoder();
  let line = 0;
  let rest = '';
  /** The line is over the limit: it is told once and dropped to its end. */
  let dropping = false;
  try {
    for await (const bytes of stream as AsyncIterable<Buffer>) {
      const lines = (rest + decoder.decode(bytes, { stream: true })).split('\n');
      rest = lines.pop()!;
      const rows: RawRow[] = [];
      for (const text of lines) {
        line += 1;
        if (!dropping && text.trim() !== '') rows.push(parseLine(text, line));
        dropping = false;
      }
      if (rest.length > MAX_LINE_CHARS) {
        if (!dropping) rows.push({ line: line + 1, problem: `longer than ${MAX_LINE_CHARS} characters` });
        dropping = true;
        rest = '';
      }
      for (let i = 0; i < rows.length; i += CHUNK_ROWS) yield rows.slice(i, i + CHUNK_ROWS);
    }
  } catch (error) {
    throw new RefusedError(`${path}: cannot be read: ${messageOf(error)}`, NEWLINE_HINT, { cause: error });
  } finally {
    stream.destroy();
  }
  if (!dropping && rest.trim() !== '') yield [parseLine(rest, line + 1)];
}

function parseLine(text: string, line: number): RawRow & ({ cells: Record<string, unknown> } | { problem: string }) {
  if (text.length > MAX_LINE_CHARS) return { line, problem: `longer than ${MAX_LINE_CHARS} characters` };
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? { line, cells: value as Record<string, unknown> } : { line, problem: 'not a JSON object' };
  } catch {
    return { line, problem: `not JSON: ${text.slice(0, 40)}` };
  }
}
