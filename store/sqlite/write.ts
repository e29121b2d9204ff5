/**
 * Writing a batch: rows and cursors in one transaction. Every statement may be repeated: what is written once stays as
 * it is (a prediction never repaints), only a bar is replaced, because an import may correct it. A cursor never goes back.
 */
import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { crashPoint } from '../../runtime/crashPoint.ts';
import type { BarRow, FeedRow, OutcomeRow, PredictionRow, ScoreRow, StoreBatch } from '../history.ts';
import type { Names } from './names.ts';
import { SCORE_VALUES } from './schema.ts';

const scoreFields = Object.keys(SCORE_VALUES) as (keyof typeof SCORE_VALUES)[];
const marks = (count: number): string => Array(count).fill('?').join(', ');

export type BatchWriter = (batch: StoreBatch) => void;

export function createBatchWriter(db: DatabaseSync, names: Names): BatchWriter {
  const write = createRowWriters(db, names);
  const cursor = db.prepare('INSERT INTO cursor VALUES (?, ?) ON CONFLICT DO UPDATE SET seq = max(seq, excluded.seq)');
  const model = db.prepare('INSERT INTO model_event (universe, body) VALUES (?, ?) ON CONFLICT DO NOTHING');
  return (batch) => {
    db.exec('BEGIN IMMEDIATE');
    try {
      if (batch.feed !== undefined) write.feed(batch.feed.name, batch.feed.rows);
      for (const row of batch.bars ?? []) write.bar(row);
      for (const row of batch.predictions ?? []) write.prediction(row);
      for (const row of batch.outcomes ?? []) write.outcome(row);
      for (const row of batch.scores ?? []) write.score(row);
      for (const event of batch.models ?? []) model.run(event.universe, JSON.stringify(event));
      crashPoint('recorder.cursor.before');
      for (const [stream, seq] of Object.entries(batch.cursors)) cursor.run(stream, seq);
      db.exec('COMMIT');
    } catch (error) {
      if (db.isTransaction) db.exec('ROLLBACK');
      names.forget();
      throw error;
    }
  };
}

function createRowWriters(db: DatabaseSync, names: Names) {
  const { intern } = names;
  const once = (table: string, columns: number): StatementSync => db.prepare(`INSERT INTO ${table} VALUES (${marks(columns)}) ON CONFLICT DO NOTHING`);
  const feed = once('feed_row', 5);
  const prediction = once('prediction', 12);
  const outcome = once('outcome', 7);
  const score = once('score', 6 + scoreFields.length);
  const bar = db.prepare(`INSERT INTO bar VALUES (${marks(9)}) ON CONFLICT DO UPDATE SET open = excluded.open, high = excluded.high, low = excluded.low, close = excluded.close, volume = excluded.volume, trades = excluded.trades`);
  return {
    feed(name: string, rows: readonly FeedRow[]): void {
      const id = intern(name);
      for (const row of rows) feed.run(id, row.seq, intern(row.subject), row.tsInit, row.body);
    },
    bar: (r: BarRow): void => void bar.run(intern(r.instrument), r.intervalMs, r.ts, r.open, r.high, r.low, r.close, r.volume, r.trades),
    prediction: (r: PredictionRow): void => void prediction.run(
      intern(r.universe), intern(r.instrument), r.horizonMs, r.frameTs, r.role, intern(r.model), Number(r.late), r.refPrice, r.retBps, r.loBps, r.hiBps, r.pUp,
    ),
    outcome: (r: OutcomeRow): void => void outcome.run(intern(r.universe), intern(r.instrument), r.horizonMs, r.predictedTs, r.role, intern(r.model), r.realisedBps),
    score: (r: ScoreRow): void => void score.run(
      intern(r.universe), r.frameTs, intern(r.model), r.role, r.horizonMs, r.symbol, ...scoreFields.map((field) => (r[field] === null ? null : Number(r[field]))),
    ),
  };
}
