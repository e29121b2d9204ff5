/** What a finished run was: counted from the streams themselves, with the digests that make two runs comparable. */
import { createHash } from 'node:crypto';
import type { Config } from '../runtime/config.ts';
import type { Connection } from '../streams/edge/connect.ts';
import { readStream, type StoredMessage } from '../streams/edge/consume.ts';
import { lastOfSubject, streamBounds } from '../streams/edge/stored.ts';
import { type DigestKind, digestBody } from '../streams/digest.ts';
import { addOutcome, emptyScoreBook, scoresAt } from '../quant/scores/scoreBook.ts';
import { decodeJson } from '../streams/parse.ts';
import { parsePrediction } from '../streams/messages/prediction.ts';
import { parseOutcome } from '../streams/messages/outcome.ts';
import type { Score } from '../streams/messages/score.ts';
import { FEATURES, OUTCOMES, PREDICTIONS, ticksStream } from '../streams/streams.ts';
import { featuresSubject, outcomesSubject, predictionsSubject } from '../streams/subjects.ts';

export interface UniverseSummary {
  readonly universe: string;
  readonly frames: number;
  readonly predictions: number;
  /** Predictions that a model made. */
  readonly forecasts: number;
  readonly outcomes: number;
  /** Over every outcome up to the last frame: `scores` messages come every 60 frames and would leave out the tail. */
  readonly scores: readonly Score[];
  readonly model: string | null;
  readonly sha256: Readonly<Record<DigestKind, string>>;
}
/** Counts are sums over the universes, sums of bytes run through them in order; with one universe it is that one's. */
export interface Summary extends UniverseSummary {
  readonly source: string;
  readonly trades: number;
  readonly quotes: number;
  /** Messages of the source that are no ticks, by reason. */
  readonly dropped: Readonly<Record<string, number>>;
  readonly seconds: number;
  readonly universes: readonly UniverseSummary[];
}

/** Every message of a subject that is stored now, in order. */
async function* stored(connection: Connection, stream: string, subject?: string): AsyncGenerator<StoredMessage> {
  const lastSeq = subject === undefined ? (await streamBounds(connection, stream)).lastSeq : ((await lastOfSubject(connection, stream, subject))?.seq ?? 0);
  if (lastSeq === 0) return;
  const abort = new AbortController();
  for await (const message of readStream(connection, { stream, fromSeq: 1, signal: abort.signal, ...(subject === undefined ? {} : { filterSubjects: [subject] }) })) {
    yield message;
    if (message.seq >= lastSeq) return;
  }
}

type Totals = Readonly<Record<DigestKind, ReturnType<typeof createHash>>>;

async function digest(connection: Connection, kind: DigestKind, stream: string, subject: string, totals: Totals, each: (message: StoredMessage) => void = () => undefined): Promise<{ count: number; sha256: string }> {
  const hash = createHash('sha256');
  let count = 0;
  for await (const message of stored(connection, stream, subject)) {
    const body = digestBody(kind, message.data);
    hash.update(body);
    totals[kind].update(body);
    count += 1;
    each(message);
  }
  return { count, sha256: hash.digest('hex') };
}

async function countTicks(connection: Connection, feed: string): Promise<{ trades: number; quotes: number }> {
  let trades = 0;
  let quotes = 0;
  for await (const { subject, data } of stored(connection, ticksStream(feed))) {
    if (!subject.startsWith('ticks.')) continue;
    if ((decodeJson(data, subject) as { type?: unknown }).type === 'quote') quotes += 1;
    else trades += 1;
  }
  return { trades, quotes };
}

export async function summarise(connection: Connection, config: Config, source: string, dropped: Readonly<Record<string, number>>, seconds: number): Promise<Summary> {
  const ticks = await countTicks(connection, config.feed.name);
  const totals: Totals = { frames: createHash('sha256'), predictions: createHash('sha256'), outcomes: createHash('sha256') };
  const universes: UniverseSummary[] = [];
  for (const { name } of config.universes) universes.push(await summariseUniverse(connection, name, totals));
  const sum = (count: (universe: UniverseSummary) => number): number => universes.reduce((so, universe) => so + count(universe), 0);
  const models = [...new Set(universes.flatMap(({ model }) => model ?? []))];
  return {
    source, universe: universes.map(({ universe }) => universe).join(', '), ...ticks, dropped,
    frames: sum(({ frames }) => frames), predictions: sum(({ predictions }) => predictions), forecasts: sum(({ forecasts }) => forecasts), outcomes: sum(({ outcomes }) => outcomes),
    scores: universes.flatMap(({ scores }) => scores), model: models.length === 0 ? null : models.join(', '),
    sha256: { frames: totals.frames.digest('hex'), predictions: totals.predictions.digest('hex'), outcomes: totals.outcomes.digest('hex') }, seconds, universes,
  };
}

async function summariseUniverse(connection: Connection, name: string, totals: Totals): Promise<UniverseSummary> {
  let forecasts = 0;
  let model: string | null = null;
  const frames = await digest(connection, 'frames', FEATURES, featuresSubject(name), totals);
  const predictions = await digest(connection, 'predictions', PREDICTIONS, predictionsSubject(name), totals, (message) => {
    const prediction = parsePrediction(message.data);
    if (prediction.model === null) return;
    forecasts += 1;
    model = prediction.model;
  });
  const book = emptyScoreBook();
  let lastTs = 0;
  const outcomes = await digest(connection, 'outcomes', OUTCOMES, outcomesSubject(name), totals, (message) => {
    const outcome = parseOutcome(message.data);
    addOutcome(book, outcome);
    lastTs = outcome.frameTs;
  });
  return {
    universe: name, frames: frames.count, predictions: predictions.count, forecasts, outcomes: outcomes.count, scores: scoresAt(book, lastTs), model,
    sha256: { frames: frames.sha256, predictions: predictions.sha256, outcomes: outcomes.sha256 },
  };
}

const percent = (value: number | null): string => (value === null ? '—' : `${(100 * value).toFixed(1)} %`);

/** For people. */
export function summaryText(summary: Summary): string {
  const dropped = Object.entries(summary.dropped).map(([reason, count]) => `${count} ${reason}`).join(', ');
  return [
    `${summary.source}, universe ${summary.universe}, in ${summary.seconds.toFixed(1)} s`,
    `  ${summary.trades} trades, ${summary.quotes} quotes${dropped === '' ? '' : `; dropped: ${dropped}`}`,
    `  ${summary.frames} frames, ${summary.predictions} predictions (${summary.forecasts} with a model), ${summary.outcomes} outcomes`,
    ...summary.universes.flatMap((universe) => [...(summary.universes.length > 1 ? [`  universe ${universe.universe}`] : []), `  model ${universe.model ?? 'none yet'}`, ...universe.scores.map(scoreLine)]),
    ...Object.entries(summary.sha256).map(([kind, sum]) => `  sha256 ${kind.padEnd(12)} ${sum}`),
  ].join('\n');
}

const scoreLine = (row: Score): string =>
  `  ${row.symbol.padEnd(24)} ${String(row.horizonMs / 1_000).padStart(5)} s  skill ${percent(row.skill).padStart(8)}  [${percent(row.skillLo)}, ${percent(row.skillHi)}]  n ${row.n}${row.tooLittleData ? '  too little data' : ''}`;

/** `foretick_source_dropped_total{reason="…"} 3` lines of a metrics page. Throws nothing: counts for people, not for decisions. */
export function parseDropped(metrics: string): Record<string, number> {
  const found = metrics.matchAll(/^foretick_source_dropped_total\{[^}]*reason="([^"]*)"[^}]*\} (\d+)/gm);
  return Object.fromEntries([...found].map(([, reason, count]) => [reason!, Number(count)]));
}
