/**
 * What of a batch is new. DEDUP lets the last write win; the history wants the first (a prediction never repaints), so rows whose key
 * is stored are left out.
 *
 * A table's rows arrive in order of time in each *line* (the key without time and instrument: one universe, role, model, horizon). A row
 * that is younger than all of its line is new without looking: so no write waits for a read, except where something is written again.
 */
import type { Database } from './database.ts';
import { type Cells, literal } from './exec.ts';
import { MODEL_EVENT, type Table, TIME, timeField } from './tables.ts';

/** Models come and go; beyond this the newest times are read anew. */
const MAX_LINES = 10_000;
const WITHIN_LINE = new Set(['instrument', 'symbol']);

export interface Freshness { /** The rows whose key is not stored. */ of(rows: readonly Cells[]): Promise<Cells[]>; /** After they were taken. */ taken(rows: readonly Cells[]): void }

export function createFreshness(db: Database, table: Table): Freshness {
  const time = timeField(table);
  const lineFields = table.key.filter((field) => field !== time && !WITHIN_LINE.has(field));
  const lineOf = (row: Cells): string => lineFields.map((field) => row[field]).join('\n');
  const keyOf = (row: Cells): string => table.key.map((field) => row[field]).join('\n');
  /** Of the table when it was first asked, and of each line since. */
  let storedUntil: number | null = null;
  const newest = new Map<string, number>();
  return {
    async of(rows) {
      if (rows.length === 0) return [];
      if (storedUntil === null || newest.size > MAX_LINES) {
        await db.applied(table);
        const [last] = await db.tuples(table, `ORDER BY "${TIME}" DESC LIMIT 1`, [time]);
        storedUntil = (last?.[0] as number | undefined) ?? -1;
        newest.clear();
      }
      const until = storedUntil;
      const old = rows.filter((row) => (row[time] as number) <= (newest.get(lineOf(row)) ?? until));
      return firstOfEach(rows, keyOf, new Set(old.length === 0 ? [] : (await stored(db, table, old)).map(keyOf)));
    },
    taken(rows) {
      for (const row of rows) {
        const line = lineOf(row);
        newest.set(line, Math.max(newest.get(line) ?? storedUntil ?? -1, row[time] as number));
      }
    },
  };
}

/** Keys in the span of time of these rows. */
async function stored(db: Database, table: Table, rows: readonly Cells[]): Promise<Cells[]> {
  const times = rows.map((row) => row[timeField(table)] as number);
  const from = times.reduce((a, b) => Math.min(a, b));
  const to = times.reduce((a, b) => Math.max(a, b));
  await db.applied(table);
  return db.select<Cells>(table, `WHERE "${TIME}" >= ${literal(from)} AND "${TIME}" <= ${literal(to)}`, table.key);
}

/** Events that are not stored yet, numbered on from those of their universe. Few: a universe has some a day. */
export async function freshEvents(db: Database, events: readonly { readonly universe: string; readonly body: string }[]): Promise<Cells[]> {
  const fresh: Cells[] = [];
  if (events.length > 0) await db.applied(MODEL_EVENT);
  for (const universe of new Set(events.map((event) => event.universe))) {
    const known = await db.select<{ body: string; ordinal: number }>(MODEL_EVENT, `WHERE "universe" = ${literal(universe)}`, ['body', 'ordinal']);
    const next = known.reduce((max, row) => Math.max(max, row.ordinal + 1), 0);
    const bodies = events.filter((event) => event.universe === universe).map(({ body }) => ({ universe, body }));
    const added = firstOfEach<Cells>(bodies, (row) => row['body'] as string, new Set(known.map((row) => row.body)));
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
