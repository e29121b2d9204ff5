/**
 * Merges the rows of many files by receive time; ties by file order, then line. A file is open only from its first
 * row's time to its end, and of an open file one batch is in memory.
 */
import type { Drop, RecordingFile, Row } from './row.ts';

/** Rows in one batch of the result. */
const BATCH_ROWS = 1_000;

interface Cursor { readonly index: number; readonly batches: AsyncGenerator<Row[]>; rows: Row[]; at: number }

/** `files` in file order. */
export async function* mergeRows(files: readonly RecordingFile[], drop: Drop): AsyncGenerator<Row[]> {
  const waiting = files.map((file, index) => ({ file, index })).filter(({ file }) => file.firstUs < Infinity).sort((a, b) => b.file.firstUs - a.file.firstUs);
  const open: Cursor[] = [];
  let merged: Row[] = [];
  try {
    while (open.length > 0 || waiting.length > 0) {
      let best = earliest(open);
      const next = waiting.at(-1);
      if (next && (best === null || next.file.firstUs <= headOf(best).us)) {
        waiting.pop();
        const cursor: Cursor = { index: next.index, batches: next.file.rows(drop), rows: [], at: 0 };
        open.push(cursor);
        await refill(cursor, open);
        continue;
      }
      best = best!;
      merged.push(headOf(best));
      best.at++;
      if (best.at === best.rows.length) await refill(best, open);
      if (merged.length === BATCH_ROWS) {
        yield merged;
        merged = [];
      }
    }
    if (merged.length > 0) yield merged;
  } finally {
    for (const cursor of open) await cursor.batches.return(undefined);
  }
}

const headOf = (cursor: Cursor): Row => cursor.rows[cursor.at]!;

function earliest(open: readonly Cursor[]): Cursor | null {
  let best: Cursor | null = null;
  for (const cursor of open) if (best === null || isBefore(cursor, best)) best = cursor;
  return best;
}

function isBefore(a: Cursor, b: Cursor): boolean {
  const rowA = headOf(a);
  const rowB = headOf(b);
  return (rowA.us - rowB.us || rowA.ns - rowB.ns || a.index - b.index) < 0;
}

/** Reads the next batch; a file at its end leaves the open ones. */
async function refill(cursor: Cursor, open: Cursor[]): Promise<void> {
  const next = await cursor.batches.next();
  if (next.done) open.splice(open.indexOf(cursor), 1);
  else {
    cursor.rows = next.value;
    cursor.at = 0;
  }
}
