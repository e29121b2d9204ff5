/**
 * The tables as data: everything else (DDL, writing, reading) follows from it. A column is named as its field, in snake case; the time is called `time`.
 *
 * 1. All are WAL tables with DEDUP UPSERT KEYS: writing a row again changes nothing, whatever became of the first attempt.
 * 2. What is kept for ever (longer bars, pooled scores) and what is pruned stand in tables of their own: QuestDB deletes whole partitions.
 * 3. A feed has its own table, because imported feeds stay while recorded ones are pruned. Its time is the row's *position*:
 *    max(tsInit, position before + 1). Position rises strictly with the sequence, so a read by sequence is a scan in the table's own order.
 */
import { createHash } from 'node:crypto';

export type ColumnType = 'symbol' | 'text' | 'long' | 'double' | 'boolean' | 'time';
export interface Table {
  readonly name: string;
  /** By field. Exactly one has the type `time`, µs. */
  readonly columns: Readonly<Record<string, ColumnType>>;
  readonly key: readonly string[];
  readonly partition: 'DAY' | 'MONTH' | 'YEAR';
}

export const SCHEMA_VERSION = 1;
const SQL_TYPE: Readonly<Record<ColumnType, string>> = { symbol: 'SYMBOL', text: 'VARCHAR', long: 'LONG', double: 'DOUBLE', boolean: 'BOOLEAN', time: 'TIMESTAMP' };

const BAR = { instrument: 'symbol', intervalMs: 'long', open: 'double', high: 'double', low: 'double', close: 'double', volume: 'double', trades: 'long', ts: 'time' } as const;
const SCORE = {
  universe: 'symbol', model: 'symbol', role: 'symbol', symbol: 'symbol', horizonMs: 'long', n: 'double', late: 'double', blocks: 'double', tooLittleData: 'boolean',
  skill: 'double', skillLo: 'double', skillHi: 'double', hitRate: 'double', baseRate: 'double', zeroShare: 'double', ic: 'double', coverage: 'double',
  intervalScoreBps: 'double', rmseBps: 'double', naiveRmseBps: 'double', frameTs: 'time',
} as const;
const SCORE_KEY = ['frameTs', 'universe', 'model', 'role', 'horizonMs', 'symbol'] as const;

/** Small numbers by name: cursors, floors, the version. All at time 0, so that a newer value takes the place of the older. */
export const MARK: Table = { name: 'mark', columns: { name: 'symbol', value: 'long', ts: 'time' }, key: ['ts', 'name'], partition: 'YEAR' };
/** The feeds that there are, and their tables. */
export const FEED: Table = { name: 'feed', columns: { name: 'symbol', tableName: 'symbol', ts: 'time' }, key: ['ts', 'name'], partition: 'YEAR' };
/** 1 s bars are pruned, longer ones stay. */
export const BAR_1S: Table = { name: 'bar_1s', columns: BAR, key: ['ts', 'instrument', 'intervalMs'], partition: 'DAY' };
export const BAR_LONG: Table = { name: 'bar', columns: BAR, key: ['ts', 'instrument', 'intervalMs'], partition: 'MONTH' };
export const PREDICTION: Table = {
  name: 'prediction', key: ['frameTs', 'universe', 'instrument', 'horizonMs', 'role', 'model'], partition: 'DAY',
  columns: {
    universe: 'symbol', instrument: 'symbol', role: 'symbol', model: 'symbol', horizonMs: 'long', late: 'boolean', refPrice: 'double', retBps: 'double', loBps: 'double', hiBps: 'double', pUp: 'double', frameTs: 'time',
  },
};
export const OUTCOME: Table = {
  name: 'outcome', key: ['predictedTs', 'universe', 'instrument', 'horizonMs', 'role', 'model'], partition: 'DAY',
  columns: { universe: 'symbol', instrument: 'symbol', role: 'symbol', model: 'symbol', horizonMs: 'long', realisedBps: 'double', predictedTs: 'time' },
};
export const SCORE_SYMBOL: Table = { name: 'score', columns: SCORE, key: SCORE_KEY, partition: 'DAY' };
export const SCORE_POOLED: Table = { name: 'score_pooled', columns: SCORE, key: SCORE_KEY, partition: 'MONTH' };
/** `ordinal` is the event's place in its universe, as µs: the order in which they were written. */
export const MODEL_EVENT: Table = { name: 'model_event', columns: { universe: 'symbol', body: 'text', ordinal: 'time' }, key: ['ordinal', 'universe'], partition: 'YEAR' };
export const TABLES: readonly Table[] = [FEED, BAR_1S, BAR_LONG, PREDICTION, OUTCOME, SCORE_SYMBOL, SCORE_POOLED, MODEL_EVENT, MARK];

/** Table names know no case and few signs, and are at most 127 bytes: readable first, then what makes it one feed's. */
export const feedTable = (feed: string): Table => ({
  name: `feed_${feed.toLowerCase().replaceAll(/[^a-z0-9]+/g, '_').slice(0, 40)}_${createHash('sha256').update(feed).digest('hex').slice(0, 12)}`,
  columns: { subject: 'symbol', seq: 'long', tsInit: 'long', body: 'text', position: 'time' }, key: ['position', 'seq'], partition: 'DAY',
});

/** Of every table. Another name than any field: where an alias hides the column, ORDER BY means the alias (QuestDB 9.3.4 then keeps the table's order). */
export const TIME = 'time';
export const columnOf = (field: string): string => field.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
export const timeField = (table: Table): string => Object.keys(table.columns).find((field) => table.columns[field] === 'time')!;

const columnIn = (table: Table, field: string): string => (table.columns[field] === 'time' ? TIME : columnOf(field));
export const fieldsOf = (table: Table): string[] => Object.keys(table.columns);

/** `name` is the table's on the server. */
export function createStatement(name: string, table: Table): string {
  const columns = Object.entries(table.columns).map(([field, type]) => `"${columnIn(table, field)}" ${SQL_TYPE[type]}`).join(', ');
  return `CREATE TABLE IF NOT EXISTS "${name}" (${columns}) TIMESTAMP("${TIME}") PARTITION BY ${table.partition} WAL DEDUP UPSERT KEYS(${table.key.map((field) => `"${columnIn(table, field)}"`).join(', ')})`;
}

/** `SELECT … FROM …`; times as µs. */
export function selectFrom(name: string, table: Table, fields: readonly string[]): string {
  const list = fields.map((field) => (table.columns[field] === 'time' ? `cast("${TIME}" AS long) AS "${field}"` : `"${columnOf(field)}" AS "${field}"`));
  return `SELECT ${list.join(', ')} FROM "${name}"`;
}
