/** All of a history, for whoever takes it elsewhere. Distinct values are found by seeking from one to the next: a table is never scanned for them. */
import type { DatabaseSync } from 'node:sqlite';
import type { BarRow, Contents, HistoryReader, OutcomeRow, PredictionRow, ScoreRow, Series, WholeHistory } from '../history.ts';
import { wholeTimes } from '../wholeTimes.ts';
import { guarded } from './errors.ts';
import type { Names } from './names.ts';
import { scoreColumns } from './read.ts';

type Filter = Readonly<Record<string, number>>;
type RawPrediction = Omit<PredictionRow, 'universe' | 'instrument' | 'model' | 'late'> & { universe: number; instrument: number; model: number; late: number };
type RawOutcome = Omit<OutcomeRow, 'universe' | 'instrument' | 'model'> & { universe: number; instrument: number; model: number };
type RawScore = Omit<ScoreRow, 'universe' | 'model' | 'tooLittleData'> & { model: number; tooLittleData: number };

export function createWhole(db: DatabaseSync, names: Names, path: string): Omit<WholeHistory, keyof HistoryReader> {
  const text = (id: number): string => names.text(id);
  /** `columns` gives the rows; `where` holds the key's fields before the time. */
  function chunks<Raw, Row>(table: string, time: string, columns: string, where: Filter, toRow: (raw: Raw) => Row, fromTs: number): AsyncGenerator<Row[]> {
    const filter = Object.keys(where).map((column) => `${column} = ? AND `).join('');
    const values = Object.values(where);
    const timeAt = db.prepare(`SELECT ${time} AS ts FROM ${table} WHERE ${filter}${time} >= ? ORDER BY ${time} LIMIT 1 OFFSET ?`);
    const rows = db.prepare(`SELECT ${columns} FROM ${table} WHERE ${filter}${time} BETWEEN ? AND ?`);
    return wholeTimes<Row>({
      timeAt: async (from, skip) => guarded(path, () => (timeAt.get(...values, from, skip) as { ts: number } | undefined)?.ts ?? null),
      rows: async (from, to) => guarded(path, () => (rows.all(...values, from, to) as Raw[]).map(toRow)),
    }, fromTs);
  }
  const named = ({ universe, instrument, model }: { universe: number; instrument: number; model: number }) => ({ universe: text(universe), instrument: text(instrument), model: text(model) });

  return {
    contents: async () => guarded(path, () => contentsOf(db, names)),
    async *allBars({ instrument, intervalMs }, fromTs) {
      const id = guarded(path, () => names.find(instrument));
      if (id !== null) yield* chunks<Omit<BarRow, keyof Series>, BarRow>('bar', 'ts', 'ts, open, high, low, close, volume, trades', { instrument: id, interval_ms: intervalMs }, (raw) => ({ instrument, intervalMs, ...raw }), fromTs);
    },
    allPredictions: (fromTs) => chunks<RawPrediction, PredictionRow>('prediction', 'frame_ts', `universe, instrument, horizon_ms AS horizonMs, frame_ts AS frameTs, role, model, late,
      ref_price AS refPrice, ret_bps AS retBps, lo_bps AS loBps, hi_bps AS hiBps, p_up AS pUp`, {}, (raw) => ({ ...raw, ...named(raw), late: raw.late === 1 }), fromTs),
    allOutcomes: (fromTs) => chunks<RawOutcome, OutcomeRow>('outcome', 'predicted_ts', 'universe, instrument, horizon_ms AS horizonMs, predicted_ts AS predictedTs, role, model, realised_bps AS realisedBps', {}, (raw) => ({ ...raw, ...named(raw) }), fromTs),
    async *allScores(universe, fromTs) {
      const id = guarded(path, () => names.find(universe));
      if (id !== null) yield* chunks<RawScore, ScoreRow>('score', 'frame_ts', `frame_ts AS frameTs, model, role, horizon_ms AS horizonMs, symbol, ${scoreColumns}`, { universe: id }, (raw) => ({ ...raw, universe, model: text(raw.model), tooLittleData: raw.tooLittleData === 1 }), fromTs);
    },
  };
}

function contentsOf(db: DatabaseSync, names: Names): Contents {
  const cursors = db.prepare('SELECT stream, seq FROM cursor ORDER BY stream').all() as { stream: string; seq: number }[];
  const events = db.prepare('SELECT DISTINCT universe FROM model_event').all() as { universe: string }[];
  const nextSeries = db.prepare('SELECT instrument AS id, interval_ms AS intervalMs FROM bar WHERE (instrument, interval_ms) > (?, ?) ORDER BY instrument, interval_ms LIMIT 1');
  const series: Series[] = [];
  for (let last = { id: -1, intervalMs: -1 }; ; ) {
    const next = nextSeries.get(last.id, last.intervalMs) as typeof last | undefined;
    if (next === undefined) break;
    series.push({ instrument: names.text(next.id), intervalMs: next.intervalMs });
    last = next;
  }
  const universes = new Set([...events.map((row) => row.universe), ...distinct(db, 'score', 'universe').map(names.text)]);
  return {
    cursors: Object.fromEntries(cursors.map(({ stream, seq }) => [stream, seq])),
    feeds: distinct(db, 'feed_row', 'feed').map(names.text).sort(),
    universes: [...universes].sort(),
    series: series.sort((a, b) => (a.instrument < b.instrument ? -1 : a.instrument > b.instrument ? 1 : a.intervalMs - b.intervalMs)),
  };
}

/** Of the first column of the table's key. */
function distinct(db: DatabaseSync, table: string, column: string): number[] {
  const next = db.prepare(`SELECT ${column} AS id FROM ${table} WHERE ${column} > ? ORDER BY ${column} LIMIT 1`);
  const ids: number[] = [];
  for (let last = -1; ; ) {
    const row = next.get(last) as { id: number } | undefined;
    if (row === undefined) return ids;
    ids.push(last = row.id);
  }
}
