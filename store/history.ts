/**
 * The history port: what the recorder writes and the trainer and gateway read. Adapters: SQLite (default), QuestDB.
 * One conformance suite, store/history.conformance.ts, runs against every adapter on the real thing.
 */
import type { Score } from '../streams/messages/score.ts';
import type { ModelEvent } from '../streams/messages/model.ts';

export interface FeedRow { readonly seq: number; readonly subject: string; readonly tsInit: number; readonly body: Uint8Array }
/** Open-high-low-close of mids (trades where there are no quotes) on known time. `ts` is the bar's opening, µs. */
export interface BarRow {
  readonly instrument: string; readonly intervalMs: number; readonly ts: number;
  readonly open: number; readonly high: number; readonly low: number; readonly close: number; readonly volume: number; readonly trades: number;
}
/** Bars of this length the recorder makes, and `prune` deletes. Longer and shorter ones stay. */
export const PRUNED_BAR_MS = 1_000;
export interface PredictionRow {
  readonly universe: string; readonly instrument: string; readonly horizonMs: number; readonly frameTs: number; readonly role: string;
  readonly model: string; readonly late: boolean; readonly refPrice: number | null;
  readonly retBps: number | null; readonly loBps: number | null; readonly hiBps: number | null; readonly pUp: number | null;
}
export interface OutcomeRow {
  readonly universe: string; readonly instrument: string; readonly horizonMs: number; readonly predictedTs: number; readonly role: string; readonly model: string;
  readonly realisedBps: number | null;
}
export interface ScoreRow extends Score { readonly universe: string; readonly frameTs: number }
/** A prediction joined with its outcome; realisedBps is null until it matures. */
export interface JudgedPrediction extends PredictionRow { readonly realisedBps: number | null }

/** What one transaction holds: rows and the cursors (stream → last sequence) that they bring the store to. */
export interface StoreBatch {
  readonly cursors: Readonly<Record<string, number>>;
  readonly feed?: { readonly name: string; readonly rows: readonly FeedRow[] };
  readonly bars?: readonly BarRow[];
  readonly predictions?: readonly PredictionRow[];
  readonly outcomes?: readonly OutcomeRow[];
  readonly scores?: readonly ScoreRow[];
  readonly models?: readonly ModelEvent[];
}

export interface HistoryReader {
  /** 0 before anything of that stream was stored. */
  cursor(stream: string): Promise<number>;
  /** In sequence order, in chunks of at most 5,000 rows. Both bounds inclusive. */
  feedRows(feed: string, fromSeq: number, toSeq?: number): AsyncGenerator<FeedRow[]>;
  /** Newest last. `limit` counts from the newest. Times are inclusive, µs. */
  ticks(feed: string, instrument: string, fromTs: number, toTs: number, limit: number): Promise<FeedRow[]>;
  bars(instrument: string, intervalMs: number, fromTs: number, toTs: number, limit: number): Promise<BarRow[]>;
  /** As above; rows of one frame (models beside each other) in any order. */
  predictions(universe: string, instrument: string, horizonMs: number, fromTs: number, toTs: number, limit: number): Promise<JudgedPrediction[]>;
  /** The newest scores message's rows at or before `atTs`. */
  scores(universe: string, atTs: number): Promise<ScoreRow[]>;
  models(universe: string): Promise<ModelEvent[]>;
  close(): Promise<void>;
}

export interface HistoryStore extends HistoryReader {
  /** Atomic, and safe to repeat: writing the same rows again changes nothing. Throws RetryError when the store is away, busy or full. */
  write(batch: StoreBatch): Promise<void>;
  /**
   * Deletes feed rows, predictions with their outcomes, scores by symbol and 1 s bars older than `beforeTs`, in short steps.
   * Feeds that were imported (no cursor of a stream) stay, as do pooled scores, longer bars and model events.
   */
  prune(beforeTs: number): Promise<void>;
}

/** What an adapter tells of itself while it writes, for metrics. */
export interface StoreWatch {
  /** Tables that take rows and don't apply them. */
  suspended(tables: number): void;
  /** Transactions that the table furthest behind has taken and not yet applied. */
  behind(transactions: number): void;
}
export const NO_WATCH: StoreWatch = { suspended: () => undefined, behind: () => undefined };

export interface Series { readonly instrument: string; readonly intervalMs: number }
export interface Contents {
  /** Of every stream. */
  readonly cursors: Readonly<Record<string, number>>;
  readonly feeds: readonly string[];
  /** That have scores or model events. */
  readonly universes: readonly string[];
  readonly series: readonly Series[];
}
/**
 * For whoever takes all of a history elsewhere. The generators go from `fromTs` (inclusive) on in order of time; all rows of one time
 * stand in one chunk, in any order; a chunk is 5,000 rows, or one time.
 */
export interface WholeHistory extends HistoryReader {
  /** Each list sorted. */
  contents(): Promise<Contents>;
  allBars(series: Series, fromTs: number): AsyncGenerator<BarRow[]>;
  allPredictions(fromTs: number): AsyncGenerator<PredictionRow[]>;
  /** Also those whose prediction is not stored. */
  allOutcomes(fromTs: number): AsyncGenerator<OutcomeRow[]>;
  allScores(universe: string, fromTs: number): AsyncGenerator<ScoreRow[]>;
}
