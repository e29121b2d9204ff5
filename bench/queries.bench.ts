/**
 * Range queries of the store beside the same SQL by hand, on the same file or server: a day of 1 s bars, and a day of predictions with
 * their outcomes, of one instrument among several. By hand means: the plainest
 * statement for these rows. With SQLite it reads arrays and makes the same objects of them, as the store does; with QuestDB rows stay as they come.
 */
import { deepStrictEqual } from 'node:assert/strict';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { BarRow, HistoryStore, JudgedPrediction, StoreBatch } from '../store/history.ts';
import { openStore } from '../store/open.ts';
import { questdbJars, type QuestServer, startQuestServer } from '../tests/support/questdb.ts';
import { type Bench, compared, inTurn, missing, type Row, type Target } from './bench.ts';

const TARGET: Target = { of: 'ratio', atMost: 1.3 };
const FROM_TS = 1_767_571_200_000_000;
const SECOND_US = 1_000_000;
const INSTRUMENTS = Array.from({ length: 5 }, (_, i) => `sim.S${i}`);
const ASKED = INSTRUMENTS[2]!;
const HORIZON_MS = 1_000;
const SECONDS_A_BATCH = 600;

/** One second after the other, of all instruments, as the recorder writes. */
function batchOf(from: number, to: number): StoreBatch {
  const bars = [];
  const predictions = [];
  const outcomes = [];
  for (let s = from; s < to; s++) {
    const ts = FROM_TS + s * SECOND_US;
    for (const [i, instrument] of INSTRUMENTS.entries()) {
      const price = 100 + i + Math.sin(s / 50);
      const key = { universe: 'main', instrument, horizonMs: HORIZON_MS, role: 'champion', model: 'ridge-0123456789ab' };
      bars.push({ instrument, intervalMs: 1_000, ts, open: price, high: price + 0.1, low: price - 0.1, close: price + 0.05, volume: 10 + i, trades: s % 7 });
      predictions.push({ ...key, frameTs: ts, late: false, refPrice: price, retBps: Math.sin(s), loBps: -1, hiBps: 1, pUp: 0.5 });
      outcomes.push({ ...key, predictedTs: ts, realisedBps: Math.cos(s) });
    }
  }
  return { cursors: {}, bars, predictions, outcomes };
}

async function fill(store: HistoryStore, seconds: number): Promise<void> {
  for (let s = 0; s < seconds; s += SECONDS_A_BATCH) await store.write(batchOf(s, Math.min(seconds, s + SECONDS_A_BATCH)));
}

type RawBar = readonly [ts: number, open: number, high: number, low: number, close: number, volume: number, trades: number];
type RawPrediction = readonly [
  frameTs: number, role: string, model: string, late: number, refPrice: number | null, retBps: number | null, loBps: number | null, hiBps: number | null, pUp: number | null, realisedBps: number | null,
];
interface ByHand { readonly bars: () => Promise<readonly unknown[]>; readonly predictions: () => Promise<readonly unknown[]> }

async function compare(kind: string, store: HistoryStore, byHand: ByHand, seconds: number, rounds: number): Promise<Row[]> {
  const toTs = FROM_TS + seconds * SECOND_US;
  const asked = {
    bars: () => store.bars(ASKED, 1_000, FROM_TS, toTs, seconds),
    predictions: () => store.predictions('main', ASKED, HORIZON_MS, FROM_TS, toTs, seconds),
  };
  const timed = (query: () => Promise<readonly unknown[]>) => async (): Promise<number> => {
    const started = performance.now();
    const { length } = await query();
    if (length !== seconds) throw new Error(`${length} rows instead of ${seconds}`);
    return performance.now() - started;
  };
  const rows: Row[] = [];
  for (const [what, text] of [['bars', 'a day of 1 s bars'], ['predictions', 'a day of predictions with outcomes']] as const) {
    await inTurn(2, timed(asked[what]), timed(byHand[what])); // caches and compiled code
    const pairs = await inTurn(rounds, timed(asked[what]), timed(byHand[what]));
    rows.push(compared(pairs, { name: `${text}, ${kind}`, unit: 'ms', beside: 'SQL by hand', target: TARGET, note: '' }));
  }
  return rows;
}

async function sqlite(seconds: number, rounds: number): Promise<Row[]> {
  const path = join(mkdtempSync(join(tmpdir(), 'foretick-queries-')), 'history.db');
  const store = openStore(`sqlite:${path}`);
  const db = new DatabaseSync(path, { readOnly: true });
  try {
    await fill(store, seconds);
    const toTs = FROM_TS + seconds * SECOND_US;
    const id = (text: string): number => (db.prepare('SELECT id FROM name WHERE text = ?').get(text) as { id: number }).id;
    const bars = db.prepare('SELECT ts, open, high, low, close, volume, trades FROM bar WHERE instrument = ? AND interval_ms = 1000 AND ts BETWEEN ? AND ? ORDER BY ts');
    const predictions = db.prepare(`SELECT p.frame_ts, p.role, n.text AS model, p.late, p.ref_price, p.ret_bps, p.lo_bps, p.hi_bps, p.p_up, o.realised_bps
      FROM prediction p JOIN name n ON n.id = p.model LEFT JOIN outcome o ON o.predicted_ts = p.frame_ts AND o.universe = p.universe AND o.horizon_ms = p.horizon_ms AND o.instrument = p.instrument AND o.role = p.role AND o.model = p.model
      WHERE p.universe = ? AND p.instrument = ? AND p.horizon_ms = ? AND p.frame_ts BETWEEN ? AND ? ORDER BY p.frame_ts`);
    // node:sqlite makes arrays three times as fast as objects, and the store reads arrays.
    for (const statement of [bars, predictions]) statement.setReturnArrays(true);
    const byHand = {
      bars: async () => (bars.all(id(ASKED), FROM_TS, toTs) as unknown as RawBar[])
        .map(([ts, open, high, low, close, volume, trades]): BarRow => ({ instrument: ASKED, intervalMs: 1_000, ts, open, high, low, close, volume, trades })),
      predictions: async () => (predictions.all(id('main'), id(ASKED), HORIZON_MS, FROM_TS, toTs) as unknown as RawPrediction[])
        .map(([frameTs, role, model, late, refPrice, retBps, loBps, hiBps, pUp, realisedBps]): JudgedPrediction => (
          { universe: 'main', instrument: ASKED, horizonMs: HORIZON_MS, frameTs, role, model, late: late === 1, refPrice, retBps, loBps, hiBps, pUp, realisedBps })),
    };
    deepStrictEqual([await byHand.bars(), await byHand.predictions()], [await store.bars(ASKED, 1_000, FROM_TS, toTs, seconds), await store.predictions('main', ASKED, HORIZON_MS, FROM_TS, toTs, seconds)]);
    return await compare('SQLite', store, byHand, seconds, rounds);
  } finally {
    db.close();
    await store.close();
  }
}

async function questdb(server: QuestServer, seconds: number, rounds: number): Promise<Row[]> {
  const store = openStore(server.url('bench'));
  try {
    await fill(store, seconds);
    const span = `BETWEEN ${FROM_TS} AND ${FROM_TS + seconds * SECOND_US}`;
    const rowsOf = async (sql: string): Promise<readonly unknown[]> => (await server.sql(sql)).dataset ?? [];
    return await compare('QuestDB', store, {
      bars: () => rowsOf(`SELECT time, open, high, low, close, volume, trades FROM bench_bar_1s WHERE instrument = '${ASKED}' AND interval_ms = 1000 AND time ${span} ORDER BY time`),
      predictions: () => rowsOf(`SELECT p.time, p.role, p.model, p.late, p.ref_price, p.ret_bps, p.lo_bps, p.hi_bps, p.p_up, o.realised_bps
        FROM (SELECT * FROM bench_prediction WHERE universe = 'main' AND instrument = '${ASKED}' AND horizon_ms = ${HORIZON_MS} AND time ${span}) p
        LEFT JOIN (SELECT * FROM bench_outcome WHERE universe = 'main' AND instrument = '${ASKED}' AND horizon_ms = ${HORIZON_MS} AND time ${span}) o
        ON o.time = p.time AND o.role = p.role AND o.model = p.model ORDER BY p.time`),
    }, seconds, rounds);
  } finally {
    await store.close();
  }
}

export const bench: Bench = {
  name: 'queries',
  about: `One instrument of ${INSTRUMENTS.length}, 86,400 rows, at the store's port.`,
  leavesOut: 'REST, JSON for the reader, and a cold disk: everything is in the page cache.',
  async run({ quick, say, keep }) {
    const seconds = quick ? 3_600 : 86_400;
    const rounds = quick ? 2 : 7;
    const rows = await sqlite(seconds, rounds);
    say('SQLite done');
    keep(rows);
    if (quick) return rows;
    const jars = await questdbJars();
    if (jars === null) return [...rows, missing({ name: 'range queries, QuestDB', unit: 'ms', beside: 'SQL by hand', target: TARGET }, 'QuestDB needs Java and Maven')];
    const server = await startQuestServer(jars);
    try {
      return [...rows, ...(await questdb(server, seconds, rounds))];
    } finally {
      await server.stop();
    }
  },
};
