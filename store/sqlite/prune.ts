/**
 * Retention: deletes in steps, each its own short transaction, so that a prune of any size never keeps the writer or the
 * event loop away for long. Only feeds that are recorded from a stream are pruned; what a user imported stays.
 */
import { setImmediate } from 'node:timers/promises';
import type { DatabaseSync } from 'node:sqlite';
import { ticksStream } from '../../streams/streams.ts';
import { PRUNED_BAR_MS } from '../history.ts';
import { guarded } from './errors.ts';

const STEP_ROWS = 10_000;

/** Time-keyed tables. Scores keep their pooled rows (symbol `*`): they are few, and they are the record. */
const BY_TIME = [
  { table: 'prediction', column: 'frame_ts', which: 'true' },
  { table: 'outcome', column: 'predicted_ts', which: 'true' },
  { table: 'score', column: 'frame_ts', which: "symbol <> '*'" },
  { table: 'bar', column: 'ts', which: `interval_ms = ${PRUNED_BAR_MS}` },
] as const;

export async function prune(db: DatabaseSync, path: string, beforeTs: number): Promise<void> {
  const feeds = guarded(path, () => db.prepare('SELECT id, text FROM name WHERE id IN (SELECT DISTINCT feed FROM feed_row)').all() as { id: number; text: string }[], true);
  const recorded = guarded(path, () => new Set((db.prepare('SELECT stream FROM cursor').all() as { stream: string }[]).map((row) => row.stream)), true);
  for (const { id, text } of feeds) {
    if (recorded.has(ticksStream(text))) await repeat(path, feedStep(db, id, beforeTs));
  }
  for (const { table, column, which } of BY_TIME) {
    await repeat(path, timeStep(db, table, column, which, beforeTs));
  }
}

/** One step over a table from its oldest time; false when the rest is young enough. All rows of one time go together. */
function timeStep(db: DatabaseSync, table: string, column: string, which: string, beforeTs: number): () => boolean {
  const old = db.prepare(`SELECT ${column} AS ts FROM ${table} WHERE ${which} AND ${column} < ? ORDER BY ${column} LIMIT 1 OFFSET ?`);
  const remove = db.prepare(`DELETE FROM ${table} WHERE ${which} AND ${column} < ?`);
  const oldAt = (skip: number): number | null => (old.get(beforeTs, skip) as { ts: number } | undefined)?.ts ?? null;
  return () => {
    const first = oldAt(0);
    if (first === null) return false;
    const next = oldAt(STEP_ROWS);
    remove.run(next === null ? beforeTs : Math.max(next, first + 1));
    return next !== null;
  };
}

/** One step over a feed from its oldest row; false when the rest is young enough. */
function feedStep(db: DatabaseSync, feed: number, beforeTs: number): () => boolean {
  const first = db.prepare('SELECT seq, ts_init AS tsInit FROM feed_row WHERE feed = ? ORDER BY seq LIMIT 1');
  const end = db.prepare(`SELECT seq FROM feed_row WHERE feed = ? ORDER BY seq LIMIT 1 OFFSET ${STEP_ROWS}`);
  // Sequence order is known-time order, so the first young row ends it; none in this step: the whole step goes.
  const young = db.prepare('SELECT seq FROM feed_row WHERE feed = ? AND seq < ? AND ts_init >= ? ORDER BY seq LIMIT 1');
  const remove = db.prepare('DELETE FROM feed_row WHERE feed = ? AND seq < ?');
  return () => {
    const oldest = first.get(feed) as { seq: number; tsInit: number } | undefined;
    if (oldest === undefined || oldest.tsInit >= beforeTs) return false;
    const stop = (end.get(feed) as { seq: number } | undefined)?.seq ?? Number.MAX_SAFE_INTEGER;
    const cut = (young.get(feed, stop, beforeTs) as { seq: number } | undefined)?.seq ?? stop;
    remove.run(feed, cut);
    return cut === stop;
  };
}

async function repeat(path: string, step: () => boolean): Promise<void> {
  while (guarded(path, step, true)) await setImmediate();
}
