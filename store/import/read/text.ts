/**
 * Text files, plain or gzipped: CSV (comma, semicolon, tab or bar) and NDJSON, a record a line. Each line is parsed by
 * itself, so that a stray quote costs one line and not the rest of the file; a quoted cell can't span lines.
 */
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { parse } from 'csv-parse/sync';
import { messageOf, RefusedError } from '../../../runtime/errors.ts';
import { CHUNK_ROWS, type RawRow, refuseColumns, type Table } from './table.ts';

const MAX_LINE_CHARS = 20_000;
/** A line that goes on is given up with the file: a few kilobytes of gzip hold gigabytes of it. */
const MAX_ENDLESS_CHARS = 64 * 1024 ** 2;
type LineParser = (text: string, line: number) => RawRow;

/** `names` where the file has no header line. Throws RefusedError for a first line that is data. */
export async function openCsv(path: string, gzipped: boolean, firstLine: string, names: readonly string[] | null): Promise<Table> {
  const delimiter = delimiterOf(firstLine);
  const header = splitCells(firstLine, delimiter).map((name) => name.trim());
  if (names === null && header.every((name) => name === '' || /^[-+]?[\d.]/.test(name))) {
    throw new RefusedError(`${path}: the first line holds no column names, but ${firstLine.slice(0, 60)}`, 'Name the columns in order: --columns time,open,high,low,close,volume (any name for those to skip)');
  }
  const columns = names ?? header;
  const toRow: LineParser = (text, line) => {
    try {
      const cells = splitCells(text, delimiter);
      return { line, cells: Object.fromEntries(columns.map((name, i) => [name, cells[i]])) };
    } catch {
      return { line, problem: `its quotes don't match: ${text.slice(0, 40)}` };
    }
  };
  return openLines(path, gzipped, 'CSV', columns, names === null, toRow);
}

/** Columns are those of the first object. */
export async function openNdjson(path: string, gzipped: boolean, firstLine: string): Promise<Table> {
  const first = jsonRow(firstLine, 1);
  if ('problem' in first) throw new RefusedError(`${path}: line 1: ${first.problem}`, 'NDJSON has one JSON object a line.');
  return openLines(path, gzipped, 'NDJSON', Object.keys(first.cells), false, jsonRow);
}

/** The first line's commonest separator. */
function delimiterOf(firstLine: string): string {
  const count = (mark: string): number => firstLine.split(mark).length;
  return [',', ';', '\t', '|'].reduce((best, mark) => (count(mark) > count(best) ? mark : best));
}

const splitCells = (text: string, delimiter: string): string[] =>
  text.includes('"') ? (parse(text, { delimiter, relax_column_count: true })[0] ?? []) : text.split(delimiter);

const jsonRow: LineParser = (text, line) => {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? { line, cells: value as Record<string, unknown> } : { line, problem: 'not a JSON object' };
  } catch {
    return { line, problem: `not JSON: ${text.slice(0, 40)}` };
  }
};

async function openLines(path: string, gzipped: boolean, format: string, columns: readonly string[], header: boolean, toRow: LineParser): Promise<Table> {
  refuseColumns(path, columns);
  const { size } = await stat(path);
  const file = createReadStream(path, { highWaterMark: 256 * 1024 });
  const stream: Readable = gzipped ? file.pipe(createGunzip()) : file;
  if (gzipped) file.on('error', (error) => stream.destroy(error));
  return {
    format: gzipped ? `${format}, gzipped` : format, columns, unit: 'line',
    chunks: readLines(path, stream, header, toRow), done: () => (size === 0 ? 1 : file.bytesRead / size),
  };
}

async function* readLines(path: string, stream: Readable, header: boolean, toRow: LineParser): AsyncGenerator<RawRow[]> {
  const splitter = createSplitter(header, toRow);
  let rows: RawRow[] = [];
  try {
    for await (const bytes of stream as AsyncIterable<Buffer>) {
      rows = rows.concat(splitter.push(bytes));
      while (rows.length > CHUNK_ROWS) yield rows.splice(0, CHUNK_ROWS);
    }
  } catch (error) {
    throw new RefusedError(`${path}: cannot be read: ${messageOf(error)}`, 'Is it whole?', { cause: error });
  } finally {
    stream.destroy();
  }
  rows = rows.concat(splitter.end());
  while (rows.length > 0) yield rows.splice(0, CHUNK_ROWS);
}

/** Bytes to lines to rows. Blank lines are no rows; a line over the limit is told once and dropped to its end. */
function createSplitter(header: boolean, toRow: LineParser) {
  const decoder = new TextDecoder();
  let line = 0;
  let rest = '';
  let dropping = false;
  let dropped = 0;
  let skipFirst = header;
  const take = (text: string, rows: RawRow[]): void => {
    line += 1;
    const trimmed = text.endsWith('\r') ? text.slice(0, -1) : text;
    dropped = 0;
    if (dropping) dropping = false;
    else if (trimmed.trim() === '') return;
    else if (skipFirst) skipFirst = false;
    else rows.push(trimmed.length > MAX_LINE_CHARS ? { line, problem: `longer than ${MAX_LINE_CHARS} characters` } : toRow(trimmed, line));
  };
  return {
    push(bytes: Buffer): RawRow[] {
      const rows: RawRow[] = [];
      const lines = (rest + decoder.decode(bytes, { stream: true })).split('\n');
      rest = lines.pop()!;
      for (const text of lines) take(text, rows);
      if (dropping) {
        dropped += rest.length;
        rest = '';
        if (dropped > MAX_ENDLESS_CHARS) throw new RangeError(`line ${line + 1} is longer than ${MAX_ENDLESS_CHARS / 1024 ** 2} MB`);
      } else if (rest.length > MAX_LINE_CHARS) {
        rows.push({ line: line + 1, problem: `longer than ${MAX_LINE_CHARS} characters` });
        dropping = true;
        rest = '';
      }
      return rows;
    },
    end(): RawRow[] {
      const rows: RawRow[] = [];
      if (rest !== '') take(rest, rows);
      return rows;
    },
  };
}
