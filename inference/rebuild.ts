/**
 * After a restart: the fold as the journal of frames and predictions left it, from the last snapshot on where there is one
 * that belongs to it. A prediction and its frame are paired by frame time; what retention has taken the frame of is passed
 * over, as if it were older than the fold looks back.
 */
import type { UniverseConfig } from '../runtime/config.ts';
import type { Log } from '../runtime/log.ts';
import type { Journal } from '../streams/journal.ts';
import { readStream, type StoredMessage } from '../streams/edge/consume.ts';
import { streamBounds } from '../streams/edge/stored.ts';
import { decodeRows, type Frame, parseFrame } from '../streams/messages/frame.ts';
import { parsePrediction } from '../streams/messages/prediction.ts';
import { FEATURES, HEADER, PREDICTIONS } from '../streams/streams.ts';
import { featuresSubject, predictionsSubject } from '../streams/subjects.ts';
import { featureSchema } from '../quant/frames/schema.ts';
import { type createFold, foldFrames } from './fold.ts';
import type { createModels } from './models.ts';
import { foldFrameOf } from './rows.ts';
import type { createSnapshots } from './snapshots.ts';

export interface Rebuilding {
  readonly journal: Journal;
  readonly universe: UniverseConfig;
  readonly models: Pick<ReturnType<typeof createModels>, 'card'>;
  /** Of this version's frames. */
  readonly schema: string;
  readonly log: Log;
  readonly signal: AbortSignal;
}
type Fold = ReturnType<typeof createFold>;

/** `last`: the newest prediction of the journal. */
export async function rebuildFold(fold: Fold, last: StoredMessage, snapshots: ReturnType<typeof createSnapshots>, rebuilding: Rebuilding): Promise<void> {
  const { journal, universe, log, signal } = rebuilding;
  const subject = predictionsSubject(universe.name);
  const { firstSeq } = await streamBounds(journal, FEATURES);
  const hasFrame = (prediction: StoredMessage): boolean => Number(prediction.header(HEADER.inputSeq)) >= firstSeq;
  const snapshot = await snapshots.load(journal, last);
  let predictions = snapshot === null ? null : await messagesFrom(journal, subject, snapshot.predictionSeq + 1, last.seq, signal);
  if (predictions !== null && !predictions.every(hasFrame)) {
    log.warn({ universe: universe.name }, 'the snapshot of calibration is not used: retention has taken frames that came after it');
    predictions = null;
  }
  if (snapshot !== null && predictions !== null) fold.restore(snapshot.state);
  predictions ??= (await lastMessages(journal, subject, last.seq, foldFrames(universe.horizonsMs, universe.stepMs), signal)).filter(hasFrame);
  await replay(fold, predictions, rebuilding);
  snapshots.replayed(predictions.length);
}

/** Predictions as they stand in the journal, and their frames. */
async function replay(fold: Fold, predictions: readonly StoredMessage[], { journal, universe, models, schema, signal }: Rebuilding): Promise<void> {
  if (predictions.length === 0) return;
  const names = featureSchema(universe.stepMs).features.map((feature) => feature.name);
  const frames = framesByTime(readStream(journal, { stream: FEATURES, fromSeq: Number(predictions[0]!.header(HEADER.inputSeq)), filterSubjects: [featuresSubject(universe.name)], signal }));
  for (const stored of predictions) {
    const prediction = parsePrediction(stored.data);
    const frame = await frames.at(prediction.frameTs);
    if (prediction.model !== fold.model()) fold.use(prediction.model === null ? null : await models.card(prediction.model));
    const card = prediction.model === null ? null : await models.card(prediction.model);
    if (frame === null || card === null || prediction.schema !== schema) continue;
    const foldFrame = foldFrameOf(frame, decodeRows(frame.rows), names, card);
    fold.mature(foldFrame);
    fold.remember(foldFrame, prediction.model, prediction.horizons);
  }
  await frames.close();
}

/** Asked for rising times. */
function framesByTime(reader: ReturnType<typeof readStream>) {
  let newest: Frame | null = null;
  return {
    /** null when there is none of that time. */
    async at(ts: number): Promise<Frame | null> {
      while (newest === null || newest.ts < ts) {
        const next = await reader.next();
        if (next.done) return null;
        newest = parseFrame(next.value.data);
      }
      return newest.ts === ts ? newest : null;
    },
    close: (): Promise<unknown> => reader.return(undefined),
  };
}

/** Of a subject, up to `lastSeq`, which is one of them or before `fromSeq`. */
async function messagesFrom(journal: Journal, subject: string, fromSeq: number, lastSeq: number, signal: AbortSignal): Promise<StoredMessage[]> {
  const found: StoredMessage[] = [];
  if (fromSeq > lastSeq) return found;
  for await (const stored of readStream(journal, { stream: PREDICTIONS, fromSeq, filterSubjects: [subject], signal })) {
    found.push(stored);
    if (stored.seq >= lastSeq) break;
  }
  return found;
}

/** The last `count` messages of a subject, oldest first. Other subjects lie between: look further back until there are enough. */
async function lastMessages(journal: Journal, subject: string, lastSeq: number, count: number, signal: AbortSignal): Promise<StoredMessage[]> {
  for (let back = count; ; back *= 4) {
    const fromSeq = Math.max(1, lastSeq - back + 1);
    const found = await messagesFrom(journal, subject, fromSeq, lastSeq, signal);
    if (found.length >= count || fromSeq === 1 || signal.aborted) return found.slice(-count);
  }
}
