/**
 * The tables, and the version of them that this code knows (PRAGMA user_version).
 *
 * Feed names, subjects, instruments, universes and models are interned in `name`, so that a row of the large tables
 * holds small integers. Predictions and outcomes are two tables with one key, joined at read: either may come first. Their
 * key begins with the time: a frame's rows stand together, so writing them touches a page or two and not one an instrument
 * (measured, 100 instruments: ten times as fast as with the instrument first, and two thirds of the size).
 */
import type { DatabaseSync } from 'node:sqlite';
import { RefusedError } from '../../runtime/errors.ts';

export const SCHEMA_VERSION = 1;
/** "ftck": marks the file as ours (PRAGMA application_id). */
const APPLICATION_ID = 0x6674636b;

/** Columns of a score after its key, by field. All are numbers; the order is that of the table. */
export const SCORE_VALUES = {
  n: 'n', late: 'late', blocks: 'blocks', tooLittleData: 'too_little_data', skill: 'skill', skillLo: 'skill_lo', skillHi: 'skill_hi',
  hitRate: 'hit_rate', baseRate: 'base_rate', zeroShare: 'zero_share', ic: 'ic', coverage: 'coverage', intervalScoreBps: 'interval_score_bps',
  rmseBps: 'rmse_bps', naiveRmseBps: 'naive_rmse_bps',
} as const;

const TABLES = `
CREATE TABLE name (id INTEGER PRIMARY KEY, text TEXT NOT NULL UNIQUE) STRICT;
CREATE TABLE cursor (stream TEXT PRIMARY KEY, seq INTEGER NOT NULL) STRICT, WITHOUT ROWID;

CREATE TABLE feed_row (
  feed INTEGER NOT NULL, seq INTEGER NOT NULL, subject INTEGER NOT NULL, ts_init INTEGER NOT NULL, body BLOB NOT NULL,
  PRIMARY KEY (feed, seq)) STRICT, WITHOUT ROWID;
CREATE INDEX feed_row_by_time ON feed_row (subject, ts_init);

CREATE TABLE bar (
  instrument INTEGER NOT NULL, interval_ms INTEGER NOT NULL, ts INTEGER NOT NULL,
  open REAL NOT NULL, high REAL NOT NULL, low REAL NOT NULL, close REAL NOT NULL, volume REAL NOT NULL, trades INTEGER NOT NULL,
  PRIMARY KEY (instrument, interval_ms, ts)) STRICT, WITHOUT ROWID;
CREATE INDEX bar_1s_by_time ON bar (ts) WHERE interval_ms = 1000;

CREATE TABLE prediction (
  universe INTEGER NOT NULL, instrument INTEGER NOT NULL, horizon_ms INTEGER NOT NULL, frame_ts INTEGER NOT NULL, role TEXT NOT NULL, model INTEGER NOT NULL,
  late INTEGER NOT NULL, ref_price REAL, ret_bps REAL, lo_bps REAL, hi_bps REAL, p_up REAL,
  PRIMARY KEY (frame_ts, universe, horizon_ms, instrument, role, model)) STRICT, WITHOUT ROWID;

CREATE TABLE outcome (
  universe INTEGER NOT NULL, instrument INTEGER NOT NULL, horizon_ms INTEGER NOT NULL, predicted_ts INTEGER NOT NULL, role TEXT NOT NULL, model INTEGER NOT NULL,
  realised_bps REAL,
  PRIMARY KEY (predicted_ts, universe, horizon_ms, instrument, role, model)) STRICT, WITHOUT ROWID;

CREATE TABLE score (
  universe INTEGER NOT NULL, frame_ts INTEGER NOT NULL, model INTEGER NOT NULL, role TEXT NOT NULL, horizon_ms INTEGER NOT NULL, symbol TEXT NOT NULL,
  ${Object.values(SCORE_VALUES).map((column) => `${column} REAL`).join(', ')},
  PRIMARY KEY (universe, frame_ts, model, role, horizon_ms, symbol)) STRICT, WITHOUT ROWID;
CREATE INDEX score_by_time ON score (frame_ts) WHERE symbol <> '*';

CREATE TABLE model_event (id INTEGER PRIMARY KEY, universe TEXT NOT NULL, body TEXT NOT NULL, UNIQUE (universe, body)) STRICT;
`;

const pragma = (db: DatabaseSync, name: string): number => Number(Object.values(db.prepare(`PRAGMA ${name}`).get() ?? {})[0]);

/** 0 for a file without tables. Throws RefusedError for a newer file and for a foreign one. */
export function schemaVersion(db: DatabaseSync, path: string): number {
  const version = pragma(db, 'user_version');
  if (version !== 0 && pragma(db, 'application_id') !== APPLICATION_ID) {
    throw new RefusedError(`${path}: a database of another program`, 'Name another path; this file is left as it is.');
  }
  if (version > SCHEMA_VERSION) {
    throw new RefusedError(`${path}: written by a newer foretick (tables of version ${version}, this one knows ${SCHEMA_VERSION})`, 'Update foretick, or name another data folder.');
  }
  return version;
}

/** Makes the tables where there are none. Safe when two processes do it at once. */
export function ensureSchema(db: DatabaseSync, path: string): void {
  if (schemaVersion(db, path) === SCHEMA_VERSION) return;
  db.exec('BEGIN IMMEDIATE');
  try {
    if (schemaVersion(db, path) === 0) {
      const { tables } = db.prepare('SELECT count(*) AS tables FROM sqlite_schema').get() as { tables: number };
      if (tables > 0) throw new RefusedError(`${path}: a database of another program`, 'Name another path; this file is left as it is.');
      db.exec(`${TABLES} PRAGMA application_id = ${APPLICATION_ID}; PRAGMA user_version = ${SCHEMA_VERSION};`);
    }
    db.exec('COMMIT');
  } catch (error) {
    if (db.isTransaction) db.exec('ROLLBACK');
    throw error;
  }
}
