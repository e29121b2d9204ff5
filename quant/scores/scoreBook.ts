/**
 * The score book: a fold over outcome messages that can say at any frame how each model has done since it began.
 *
 * Sums are kept in a bounded number of blocks of known time (blocks.ts), so memory is bounded and the whole life of a model
 * counts; counts, exact in any order, are kept once. State is plain data: copy it, store it, go on.
 *
 * Measures: skill 1 − Σe²/Σe₀²; hit rate on non-zero moves; uncentred IC Σfy/√(Σf²Σy²); coverage and interval score
 * (u−l) + (2/α)(l−y)⁺ + (2/α)(y−u)⁺ of the 90 % interval (Gneiting & Raftery 2007, eq. 43).
 */
import type { Matured, Outcome } from '../../streams/messages/outcome.ts';
import { MAX_SCORES_BYTES, type Score, scoresBytes } from '../../streams/messages/score.ts';
import { addToBlocks, type Blocks, columnOf, emptyBlocks, type Sums, totalOf } from './blocks.ts';
import { drawBlocks, skillInterval } from './bootstrap.ts';

/** Fewer independent blocks than this: too little data to judge. */
export const MIN_BLOCKS = 15;
const ALPHA = 0.1;
/** Models remembered; the one that forecast first goes. */
const MAX_MODELS = 8;
/** Pooled over all instruments. */
export const ALL = '*';

/** Judged predictions; non-zero moves among them, those up, those with a non-zero forecast, those whose sign was right; judged intervals, those that held. */
interface Counts { n: number; moved: number; up: number; called: number; hits: number; intervals: number; covered: number }
interface Entry { late: number; readonly counts: Counts; readonly blocks: Blocks }
/** `fromTs`: of the first forecast that was judged. `horizons`: by horizon, then by symbol. */
interface ModelBook { readonly model: string; readonly role: 'champion' | 'challenger'; readonly fromTs: number; readonly horizons: Map<number, Map<string, Entry>> }
/**
 * Plain data: maps, arrays and numbers only. `models` in the order of their first forecasts. `sinceTs`: when one was forgotten, the
 * first forecast of the oldest that is left; what is older and still pending is of a forgotten one.
 */
export interface ScoreBookState { readonly models: ModelBook[]; sinceTs: number }
interface Judged { readonly counts: Counts; readonly sums: Sums }

export const emptyScoreBook = (): ScoreBookState => ({ models: [], sinceTs: Number.NEGATIVE_INFINITY });

export function addOutcome(state: ScoreBookState, outcome: Outcome): void {
  for (const matured of outcome.matured) {
    const book = bookOf(state, matured);
    if (book === null) continue;
    const entries = entriesOf(book, matured.horizonMs);
    const pooled: Judged = { counts: noCounts(), sums: { e2: 0, e02: 0, fy: 0, f2: 0, intervalScore: 0 } };
    outcome.symbols.forEach((symbol, s) => {
      const entry = entryOf(entries, matured.horizonMs, symbol);
      const judged = judgedOf(matured, s);
      if (judged === null) return;
      if (matured.late) {
        entry.late += 1;
        return;
      }
      add(entry, matured.predictedTs, judged);
      addCounts(pooled.counts, judged.counts);
      addSums(pooled.sums, judged.sums);
    });
    if (pooled.counts.n > 0) add(entryOf(entries, matured.horizonMs, ALL), matured.predictedTs, pooled);
  }
  if (outcome.matured.length > 0) forgetUnseen(state);
}

/** One row a model, horizon and symbol, pooled rows first. `frameTs` seeds the bootstrap. */
export function scoresAt(state: ScoreBookState, frameTs: number): Score[] {
  const drawn = createDrawn(frameTs);
  return state.models.flatMap((book) => [...book.horizons].flatMap(([horizonMs, entries]) => [...entries].map(([symbol, entry]) => scoreOf(book, horizonMs, symbol, entry, drawn))))
    .sort((a, b) => Number(b.symbol === ALL) - Number(a.symbol === ALL));
}

type Drawn = (horizonMs: number, blocks: number) => Uint16Array;

/** Rows of one horizon follow each other, mostly with as many blocks: the last draws are kept. */
function createDrawn(frameTs: number): Drawn {
  let last: { readonly horizonMs: number; readonly blocks: number; readonly drawn: Uint16Array } = { horizonMs: 0, blocks: 0, drawn: new Uint16Array(0) };
  return (horizonMs, blocks) => {
    if (last.horizonMs !== horizonMs || last.blocks !== blocks) last = { horizonMs, blocks, drawn: drawBlocks(blocks, frameTs + horizonMs) };
    return last.drawn;
  };
}

/** Older models only while all of theirs fit into a message: the rows of newer ones never become fewer. */
function forgetUnseen(state: ScoreBookState): void {
  let bytes = 0;
  const bytesOf = ({ horizons }: ModelBook): number => [...horizons.values()].reduce((sum, entries) => sum + scoresBytes(entries.keys(), 1), 0);
  forget(state, state.models.findLastIndex((book, i) => (bytes += bytesOf(book)) > MAX_SCORES_BYTES && i < state.models.length - 1) + 1);
}

/** The oldest so many. */
function forget(state: ScoreBookState, count: number): void {
  if (count <= 0) return;
  state.models.splice(0, count);
  state.sinceTs = Math.max(state.sinceTs, state.models[0]!.fromTs);
}

/** null for one that was forgotten: its last forecasts mature after that. */
function bookOf(state: ScoreBookState, { model, role, predictedTs }: Matured): ModelBook | null {
  const known = state.models.find((book) => book.model === model && book.role === role);
  if (known !== undefined) return known;
  if (predictedTs < state.sinceTs) return null;
  const book: ModelBook = { model, role, fromTs: predictedTs, horizons: new Map() };
  state.models.splice(state.models.findLastIndex(({ fromTs }) => fromTs <= predictedTs) + 1, 0, book);
  forget(state, state.models.length - MAX_MODELS);
  return state.models.includes(book) ? book : null;
}

function entriesOf({ horizons }: ModelBook, horizonMs: number): Map<string, Entry> {
  if (!horizons.has(horizonMs)) horizons.set(horizonMs, new Map());
  return horizons.get(horizonMs)!;
}

function entryOf(entries: Map<string, Entry>, horizonMs: number, symbol: string): Entry {
  let entry = entries.get(symbol);
  if (entry === undefined) {
    entry = { late: 0, counts: noCounts(), blocks: emptyBlocks(horizonMs) };
    entries.set(symbol, entry);
  }
  return entry;
}

function add(entry: Entry, ts: number, { counts, sums }: Judged): void {
  addCounts(entry.counts, counts);
  addToBlocks(entry.blocks, ts, sums);
}

const noCounts = (): Counts => ({ n: 0, moved: 0, up: 0, called: 0, hits: 0, intervals: 0, covered: 0 });

function addCounts(to: Counts, from: Counts): void {
  to.n += from.n;
  to.moved += from.moved;
  to.up += from.up;
  to.called += from.called;
  to.hits += from.hits;
  to.intervals += from.intervals;
  to.covered += from.covered;
}

function addSums(to: Sums, from: Sums): void {
  to.e2 += from.e2;
  to.e02 += from.e02;
  to.fy += from.fy;
  to.f2 += from.f2;
  to.intervalScore += from.intervalScore;
}

/** null when this symbol's prediction can't be judged. */
function judgedOf(matured: Matured, s: number): Judged | null {
  const realised = matured.realisedBps[s];
  const forecast = matured.retBps[s];
  if (realised === null || realised === undefined || forecast === null || forecast === undefined) return null;
  const [lo, hi] = [matured.loBps[s] ?? null, matured.hiBps[s] ?? null];
  const moved = realised !== 0;
  const judged = lo !== null && hi !== null;
  return {
    counts: {
      n: 1, moved: moved ? 1 : 0, up: realised > 0 ? 1 : 0, called: moved && forecast !== 0 ? 1 : 0, hits: moved && forecast * realised > 0 ? 1 : 0,
      intervals: judged ? 1 : 0, covered: judged && realised >= lo && realised <= hi ? 1 : 0,
    },
    sums: {
      e2: (realised - forecast) ** 2, e02: realised ** 2, fy: forecast * realised, f2: forecast ** 2,
      intervalScore: judged ? hi - lo + (2 / ALPHA) * (Math.max(0, lo - realised) + Math.max(0, realised - hi)) : 0,
    },
  };
}

const round = (value: number): number => Math.round(value * 1e6) / 1e6 || 0;
const ratio = (a: number, b: number): number | null => (b > 0 ? round(a / b) : null);

function scoreOf(book: ModelBook, horizonMs: number, symbol: string, { late, counts, blocks }: Entry, drawn: Drawn): Score {
  const total = totalOf(blocks);
  const tooLittleData = blocks.count < MIN_BLOCKS || total.e02 === 0;
  const interval = tooLittleData ? null : skillInterval(columnOf(blocks, 'e2'), columnOf(blocks, 'e02'), drawn(horizonMs, blocks.count));
  return {
    model: book.model, role: book.role, horizonMs, symbol, n: counts.n, late, blocks: blocks.count, tooLittleData,
    skill: total.e02 > 0 ? round(1 - total.e2 / total.e02) : null, skillLo: interval && round(interval.lo), skillHi: interval && round(interval.hi),
    hitRate: ratio(counts.hits, counts.called), baseRate: ratio(Math.max(counts.up, counts.moved - counts.up), counts.moved), zeroShare: ratio(counts.n - counts.moved, counts.n),
    ic: ratio(total.fy, Math.sqrt(total.f2 * total.e02)), coverage: ratio(counts.covered, counts.intervals), intervalScoreBps: ratio(total.intervalScore, counts.intervals),
    rmseBps: counts.n > 0 ? round(Math.sqrt(total.e2 / counts.n)) : null, naiveRmseBps: counts.n > 0 ? round(Math.sqrt(total.e02 / counts.n)) : null,
  };
}
