/**
 * The score book: a fold over outcome messages that can say at any frame how each model has done since it began.
 *
 * Sums are kept in blocks of known time, at least two horizons long, because overlapping returns are not independent.
 * A key keeps at most MAX_BLOCKS; beyond that neighbours are merged and blocks are twice as long, so memory is bounded
 * and the whole life of a model counts. State is plain data: copy it, store it, go on.
 *
 * Measures: skill 1 − Σe²/Σe₀²; hit rate on non-zero moves; uncentred IC Σfy/√(Σf²Σy²); coverage and interval score
 * (u−l) + (2/α)(l−y)⁺ + (2/α)(y−u)⁺ of the 90 % interval (Gneiting & Raftery 2007, eq. 43).
 */
import type { Matured, Outcome } from '../../streams/messages/outcome.ts';
import { MAX_SCORE_ROWS, type Score } from '../../streams/messages/score.ts';
import { skillInterval } from './bootstrap.ts';
import { addSums, emptySums, type Sums } from './sums.ts';

const MAX_BLOCKS = 256;
/** Fewer independent blocks than this: too little data to judge. */
export const MIN_BLOCKS = 15;
const MIN_BLOCK_US = 5_000_000;
const ALPHA = 0.1;
/** Models remembered; the one that began first goes. */
const MAX_MODELS = 8;
/** Pooled over all instruments. */
export const ALL = '*';

interface Entry { blockUs: number; late: number; readonly blocks: { index: number; sums: Sums }[] }
interface ModelBook { readonly model: string; readonly role: 'champion' | 'challenger'; readonly entries: Map<string, Entry> }
/** Plain data: maps, arrays and numbers only. */
export interface ScoreBookState { readonly models: ModelBook[] }

export const emptyScoreBook = (): ScoreBookState => ({ models: [] });

const keyOf = (horizonMs: number, symbol: string): string => `${horizonMs}|${symbol}`;

export function addOutcome(state: ScoreBookState, outcome: Outcome): void {
  for (const matured of outcome.matured) {
    const book = bookOf(state, matured);
    const pooled = emptySums();
    outcome.symbols.forEach((symbol, s) => {
      const entry = entryOf(book, matured.horizonMs, symbol);
      const sums = sumsOf(matured, s);
      if (sums === null) return;
      if (matured.late) {
        entry.late += 1;
        return;
      }
      addSums(blockAt(entry, matured.predictedTs), sums);
      addSums(pooled, sums);
    });
    if (pooled.n > 0) addSums(blockAt(entryOf(book, matured.horizonMs, ALL), matured.predictedTs), pooled);
  }
}

/** One row a model, horizon and symbol, pooled rows first; older models only while all of theirs fit. `frameTs` seeds the bootstrap. */
export function scoresAt(state: ScoreBookState, frameTs: number): Score[] {
  return newestThatFit(state.models).flatMap((book) => [...book.entries].map(([key, entry]) => {
    const [horizonMs, symbol] = [Number(key.slice(0, key.indexOf('|'))), key.slice(key.indexOf('|') + 1)];
    return scoreOf(book, horizonMs, symbol, entry, frameTs);
  })).sort((a, b) => Number(b.symbol === ALL) - Number(a.symbol === ALL));
}

function newestThatFit(models: readonly ModelBook[]): readonly ModelBook[] {
  let rows = 0;
  const tooOld = models.findLastIndex((book, i) => (rows += book.entries.size) > MAX_SCORE_ROWS && i < models.length - 1);
  return models.slice(tooOld + 1);
}

function bookOf(state: ScoreBookState, { model, role }: Matured): ModelBook {
  const known = state.models.find((book) => book.model === model && book.role === role);
  if (known !== undefined) return known;
  const book: ModelBook = { model, role, entries: new Map() };
  state.models.push(book);
  if (state.models.length > MAX_MODELS) state.models.shift();
  return book;
}

function entryOf(book: ModelBook, horizonMs: number, symbol: string): Entry {
  const key = keyOf(horizonMs, symbol);
  let entry = book.entries.get(key);
  if (entry === undefined) {
    entry = { blockUs: Math.max(MIN_BLOCK_US, 2 * horizonMs * 1_000), late: 0, blocks: [] };
    book.entries.set(key, entry);
  }
  return entry;
}

/** The block of this time, the newest one in a stream that moves forward. */
function blockAt(entry: Entry, ts: number): Sums {
  const last = entry.blocks.at(-1);
  const index = Math.floor(ts / entry.blockUs);
  if (last !== undefined && last.index === index) return last.sums;
  entry.blocks.push({ index, sums: emptySums() });
  if (entry.blocks.length > MAX_BLOCKS) mergeNeighbours(entry);
  return entry.blocks.at(-1)!.sums;
}

function mergeNeighbours(entry: Entry): void {
  const merged: Entry['blocks'] = [];
  for (const { index, sums } of entry.blocks) {
    const half = Math.floor(index / 2);
    const last = merged.at(-1);
    if (last !== undefined && last.index === half) addSums(last.sums, sums);
    else merged.push({ index: half, sums });
  }
  entry.blockUs *= 2;
  entry.blocks.splice(0, entry.blocks.length, ...merged);
}

/** null when this symbol's prediction can't be judged. */
function sumsOf(matured: Matured, s: number): Sums | null {
  const realised = matured.realisedBps[s];
  const forecast = matured.retBps[s];
  if (realised === null || realised === undefined || forecast === null || forecast === undefined) return null;
  const [lo, hi] = [matured.loBps[s] ?? null, matured.hiBps[s] ?? null];
  const moved = realised !== 0;
  const judged = lo !== null && hi !== null;
  return {
    n: 1, e2: (realised - forecast) ** 2, e02: realised ** 2, fy: forecast * realised, f2: forecast ** 2,
    moved: moved ? 1 : 0, up: realised > 0 ? 1 : 0, called: moved && forecast !== 0 ? 1 : 0, hits: moved && forecast * realised > 0 ? 1 : 0,
    intervals: judged ? 1 : 0, covered: judged && realised >= lo && realised <= hi ? 1 : 0,
    intervalScore: judged ? hi - lo + (2 / ALPHA) * (Math.max(0, lo - realised) + Math.max(0, realised - hi)) : 0,
  };
}

const round = (value: number): number => Math.round(value * 1e6) / 1e6 || 0;
const ratio = (a: number, b: number): number | null => (b > 0 ? round(a / b) : null);

function scoreOf(book: ModelBook, horizonMs: number, symbol: string, entry: Entry, frameTs: number): Score {
  const total = emptySums();
  for (const { sums } of entry.blocks) addSums(total, sums);
  const tooLittleData = entry.blocks.length < MIN_BLOCKS || total.e02 === 0;
  const interval = tooLittleData ? null : skillInterval(entry.blocks.map((block) => block.sums), frameTs + horizonMs);
  return {
    model: book.model, role: book.role, horizonMs, symbol, n: total.n, late: entry.late, blocks: entry.blocks.length, tooLittleData,
    skill: total.e02 > 0 ? round(1 - total.e2 / total.e02) : null, skillLo: interval && round(interval.lo), skillHi: interval && round(interval.hi),
    hitRate: ratio(total.hits, total.called), baseRate: ratio(Math.max(total.up, total.moved - total.up), total.moved), zeroShare: ratio(total.n - total.moved, total.n),
    ic: ratio(total.fy, Math.sqrt(total.f2 * total.e02)), coverage: ratio(total.covered, total.intervals), intervalScoreBps: ratio(total.intervalScore, total.intervals),
    rmseBps: total.n > 0 ? round(Math.sqrt(total.e2 / total.n)) : null, naiveRmseBps: total.n > 0 ? round(Math.sqrt(total.e02 / total.n)) : null,
  };
}
