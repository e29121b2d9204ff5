/**
 * Writing a batch. QuestDB has no transaction over several tables, so the order makes it whole: every row is checked, then the rows
 * go out, a table at a time; when all of them can be read, the cursors follow. A crash in between leaves rows that no cursor
 * speaks for, and the repeat (from the cursor) writes the same again, which DEDUP makes harmless. One batch at a time.
 */
import type { BarRow, FeedRow, ScoreRow, StoreBatch } from '../history.ts';
import { applied } from './applied.ts';
import type { Cells, Exec } from './exec.ts';
import { freshEvents, freshRows } from './fresh.ts';
import { placedRows } from './feedRows.ts';
import { checkRow, type LineWriter } from './ilp.ts';
import { cursorMark, readMarks, writeMarks } from './schema.ts';
import { BAR_1S, BAR_LONG, createStatement, FEED, feedTable, MODEL_EVENT, OUTCOME, PREDICTION, SCORE_POOLED, SCORE_SYMBOL, type Table } from './tables.ts';
import type { QuestAddress } from './url.ts';

const ONE_SECOND_MS = 1_000;
const cells = (row: object): Cells => row as Cells;
interface Part { readonly table: Table; readonly rows: readonly Cells[] }

export type BatchWriter = (batch: StoreBatch) => Promise<void>;

export function createBatchWriter(exec: Exec, lines: LineWriter, address: QuestAddress): BatchWriter {
  const { name: history, label } = address;
  const feeds = new Set<string>();

  const ensureFeed = async (feed: string): Promise<void> => {
    if (feeds.has(feed)) return;
    const table = feedTable(feed);
    await exec.run(createStatement(history, table));
    await lines.send(FEED, [{ name: feed, tableName: table.name, ts: 0 }]);
    await applied(exec, label, [`${history}_${table.name}`, `${history}_${FEED.name}`]);
    feeds.add(feed);
  };

  const advance = async (cursors: StoreBatch['cursors']): Promise<void> => {
    const wanted = Object.entries(cursors).map(([stream, seq]) => [cursorMark(stream), seq] as const);
    const stored = await readMarks(exec, history, wanted.map(([mark]) => mark));
    await writeMarks(exec, lines, address, new Map(wanted.filter(([mark, seq]) => seq > (stored.get(mark) ?? -1))));
  };

  return async (batch) => {
    const parts = partsOf(batch);
    for (const { table, rows } of parts) for (const row of rows) checkRow(table, row);
    const feedName = batch.feed?.name;
    const feedRows = batch.feed?.rows ?? [];
    if (feedName !== undefined) checkFeed(feedName, feedRows);

    const fresh: Part[] = [];
    if (feedName !== undefined && feedRows.length > 0) {
      await ensureFeed(feedName);
      fresh.push({ table: feedTable(feedName), rows: await placedRows(exec, history, feedName, feedRows) });
    }
    for (const { table, rows } of parts) {
      const isReplaced = table === BAR_1S || table === BAR_LONG; // an import may correct a bar; anything else is written once
      fresh.push({ table, rows: isReplaced ? rows : await freshRows(exec, history, table, rows) });
    }
    fresh.push({ table: MODEL_EVENT, rows: await freshEvents(exec, history, (batch.models ?? []).map((event) => ({ universe: event.universe, body: JSON.stringify(event) }))) });

    const sent = fresh.filter(({ rows }) => rows.length > 0);
    for (const { table, rows } of sent) await lines.send(table, rows);
    await applied(exec, label, sent.map(({ table }) => `${history}_${table.name}`));
    await advance(batch.cursors);
  };
}

function partsOf({ bars = [], predictions = [], outcomes = [], scores = [] }: StoreBatch): Part[] {
  const isSecond = (bar: BarRow): boolean => bar.intervalMs === ONE_SECOND_MS;
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
  checkRow(FEED, { name, tableName: feedTable(name).name, ts: 0 });
  const { columns } = feedTable(name);
  const table = { ...feedTable(name), columns: { subject: columns['subject']!, seq: columns['seq']!, tsInit: 'time' as const } };
  for (const { subject, seq, tsInit } of rows) checkRow(table, { subject, seq, tsInit });
}
