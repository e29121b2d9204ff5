/**
 * Writing a batch. QuestDB has no transaction over several tables, so the order makes it whole: every row is checked, then the rows
 * go out, all tables at once; when all of them are taken, the cursors follow. A crash in between leaves rows that no cursor
 * speaks for, and the repeat (from the cursor) writes the same again, which DEDUP makes harmless. One batch at a time.
 */
import { crashPoint } from '../../runtime/crashPoint.ts';
import { type BarRow, type FeedRow, PRUNED_BAR_MS, type ScoreRow, type StoreBatch, type StoreWatch } from '../history.ts';
import { readyForMore } from './applied.ts';
import type { Database } from './database.ts';
import type { Cells } from './exec.ts';
import { placedRows } from './feedRows.ts';
import { createFreshness, freshEvents, type Freshness } from './fresh.ts';
import { checkRows } from './ilp.ts';
import { lastPlace, type Place } from './places.ts';
import { cursorMark, readMark, writeMarks } from './schema.ts';
import { BAR_1S, BAR_LONG, createStatement, FEED, feedTable, MARK, MODEL_EVENT, OUTCOME, PREDICTION, SCORE_POOLED, SCORE_SYMBOL, type Table, TABLES } from './tables.ts';

/** How many batches may pass until the server is asked again whether it keeps up. */
const ASK_EVERY = 16;
/** Feeds whose end is remembered: beyond this it is read again. */
const MAX_FEEDS = 1_000;
const cells = (row: object): Cells => row as Cells;
interface Part { readonly table: Table; readonly rows: readonly Cells[] }
interface Feed { readonly table: Table; last: Place | null }

export type BatchWriter = (batch: StoreBatch) => Promise<void>;

/** Remembers where feeds, tables and cursors stand. After an error that memory may be wrong: make a new writer. */
export function createBatchWriter(db: Database, watch: StoreWatch): BatchWriter {
  const feedOf = createFeeds(db);
  const advance = createCursors(db);
  const freshness = new Map<Table, Freshness>([PREDICTION, OUTCOME, SCORE_SYMBOL, SCORE_POOLED].map((table) => [table, createFreshness(db, table)]));
  let asked = 0;

  return async (batch) => {
    const parts = partsOf(batch);
    for (const { table, rows } of parts) checkRows(table, rows);
    if (batch.feed !== undefined) checkFeed(batch.feed.name, batch.feed.rows);

    const feed = batch.feed === undefined || batch.feed.rows.length === 0 ? null : await feedOf(batch.feed.name);
    const tables = feed === null ? TABLES : [feed.table, ...TABLES];
    if (asked++ % ASK_EVERY === 0) await readyForMore(db.exec, db.label, tables.map(db.named), watch);

    const fresh: Part[] = [];
    let newest: Place | null = null;
    for (const { table, rows } of parts) fresh.push({ table, rows: (await freshness.get(table)?.of(rows)) ?? rows });
    fresh.push({ table: MODEL_EVENT, rows: await freshEvents(db, (batch.models ?? []).map((event) => ({ universe: event.universe, body: JSON.stringify(event) }))) });
    if (feed !== null) {
      const placed = await placedRows(db, feed.table, batch.feed!.rows, feed.last);
      fresh.push({ table: feed.table, rows: placed as unknown as readonly Cells[] });
      newest = placed.at(-1) ?? null;
    }
    await allOf(fresh.map(send));
    if (feed !== null && newest !== null && newest.seq > (feed.last?.seq ?? -1)) feed.last = newest;
    crashPoint('recorder.cursor.before');
    await advance(batch.cursors);
  };

  async function send({ table, rows }: Part): Promise<void> {
    if (rows.length === 0) return;
    await db.lines.send(table, db.named(table), rows);
    freshness.get(table)?.taken(rows);
  }
}

/** Also after a failure none is still on its way: the next try doesn't meet the rest of this one. */
async function allOf(sends: readonly Promise<void>[]): Promise<void> {
  const failed = (await Promise.allSettled(sends)).find((outcome) => outcome.status === 'rejected');
  if (failed !== undefined) throw failed.reason;
}

/** A feed's table, made where it is new, and its last row. */
function createFeeds(db: Database): (name: string) => Promise<Feed> {
  const feeds = new Map<string, Feed>();
  return async (name) => {
    const known = feeds.get(name);
    if (known !== undefined) return known;
    const table = feedTable(name);
    await db.exec.run(createStatement(db.named(table), table));
    await db.lines.send(FEED, db.named(FEED), [{ name, tableName: table.name, ts: 0 }]);
    await db.applied(table);
    const feed = { table, last: await lastPlace(db, table) };
    if (feeds.size >= MAX_FEEDS) feeds.clear();
    feeds.set(name, feed);
    return feed;
  };
}

/** A cursor never goes back. */
function createCursors(db: Database): (wanted: StoreBatch['cursors']) => Promise<void> {
  const cursors = new Map<string, number>();
  return async (wanted) => {
    const ahead = new Map<string, number>();
    for (const [stream, seq] of Object.entries(wanted)) {
      const mark = cursorMark(stream);
      if (!cursors.has(mark)) {
        await db.applied(MARK);
        cursors.set(mark, (await readMark(db, mark)) ?? -1);
      }
      if (seq > cursors.get(mark)!) ahead.set(mark, seq);
    }
    await writeMarks(db, ahead);
    for (const [mark, seq] of ahead) cursors.set(mark, seq);
  };
}

function partsOf({ bars = [], predictions = [], outcomes = [], scores = [] }: StoreBatch): Part[] {
  const isSecond = (bar: BarRow): boolean => bar.intervalMs === PRUNED_BAR_MS;
  const isPooled = (score: ScoreRow): boolean => score.symbol === '*';
  return [
    { table: BAR_1S, rows: bars.filter(isSecond).map(cells) },
    { table: BAR_LONG, rows: bars.filter((bar) => !isSecond(bar)).map(cells) },
    { table: PREDICTION, rows: predictions.map(cells) },
    { table: OUTCOME, rows: outcomes.map(cells) },
    { table: SCORE_SYMBOL, rows: scores.filter((score) => !isPooled(score)).map(cells) },
    { table: SCORE_POOLED, rows: scores.filter(isPooled).map(cells) },
  ];
}

function checkFeed(name: string, rows: readonly FeedRow[]): void {
  checkRows(FEED, [{ name, tableName: feedTable(name).name, ts: 0 }]);
  const { columns } = feedTable(name);
  const table = { ...feedTable(name), columns: { subject: columns['subject']!, seq: columns['seq']!, tsInit: 'time' as const } };
  checkRows(table, rows as unknown as readonly Cells[]);
}
