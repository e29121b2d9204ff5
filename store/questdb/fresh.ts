/**
 * What of a batch is new. DEDUP lets the last write win; the history wants the first (a prediction never repaints), so rows
 * whose key is stored are left out. The look-up covers the batch's own span of time, which for new rows is empty and quick.
 */
import { type Cells, type Exec, literal } from './exec.ts';
import { MODEL_EVENT, selectFrom, type Table, TIME, timeField } from './tables.ts';

export async function freshRows(exec: Exec, history: string, table: Table, rows: readonly Cells[]): Promise<Cells[]> {
  if (rows.length === 0) return [];
  const time = timeField(table);
  const keyOf = (row: Cells): string => JSON.stringify(table.key.map((field) => row[field]));
  const times = rows.map((row) => row[time] as number);
  const from = times.reduce((a, b) => Math.min(a, b));
  const to = times.reduce((a, b) => Math.max(a, b));
  const stored = await exec.rows(`${selectFrom(history, table, table.key)} WHERE "${TIME}" >= ${literal(from)} AND "${TIME}" <= ${literal(to)}`);
  return firstOfEach(rows, keyOf, new Set(stored.map(keyOf)));
}

/** Events that are not stored yet, numbered on from those of their universe. Few: a universe has some a day. */
export async function freshEvents(exec: Exec, history: string, events: readonly { readonly universe: string; readonly body: string }[]): Promise<Cells[]> {
  const fresh: Cells[] = [];
  for (const universe of new Set(events.map((event) => event.universe))) {
    const stored = await exec.rows(`${selectFrom(history, MODEL_EVENT, ['body', 'ordinal'])} WHERE "universe" = ${literal(universe)}`);
    const next = stored.reduce((max, row) => Math.max(max, (row['ordinal'] as number) + 1), 0);
    const bodies = events.filter((event) => event.universe === universe).map(({ body }) => ({ universe, body }));
    const added = firstOfEach<Cells>(bodies, (row) => row['body'] as string, new Set(stored.map((row) => row['body'] as string)));
    fresh.push(...added.map((row, i) => ({ ...row, ordinal: next + i })));
  }
  return fresh;
}

function firstOfEach<Row>(rows: readonly Row[], keyOf: (row: Row) => string, known: Set<string>): Row[] {
  return rows.filter((row) => {
    const key = keyOf(row);
    if (known.has(key)) return false;
    known.add(key);
    return true;
  });
}
