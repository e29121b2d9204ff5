/**
 * After a restart: the fold as the journal of frames and predictions left it. A prediction and its frame are paired by frame
 * time; what retention has taken the frame of is passed over, as if it were older than the fold looks back.
 */
import type { UniverseConfig } from '../runtime/config.ts';
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

export async function rebuildFold(
  journal: Journal, universe: UniverseConfig, last: StoredMessage, fold: ReturnType<typeof createFold>, models: ReturnType<typeof createModels>, schema: string, signal: AbortSignal,
): Promise<void> {
  const predictions = await lastMessages(journal, predictionsSubject(universe.name), last.seq, foldFrames(universe.horizonsMs, universe.stepMs), signal);
  const names = featureSchema(universe.stepMs).features.map((feature) => feature.name);
  const { firstSeq } = await streamBounds(journal, FEATURES);
  const paired = predictions.filter((stored) => Number(stored.header(HEADER.inputSeq)) >= firstSeq);
  const frames = framesByTime(readStream(journal, { stream: FEATURES, fromSeq: Number(paired[0]?.header(HEADER.inputSeq) ?? 1), filterSubjects: [featuresSubject(universe.name)], signal }));
  for (const stored of paired) {
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

/** The last `count` messages of a subject, oldest first. Other subjects lie between: look further back until there are enough. */
async function lastMessages(journal: Journal, subject: string, lastSeq: number, count: number, signal: AbortSignal): Promise<StoredMessage[]> {
  for (let back = count; ; back *= 4) {
    const fromSeq = Math.max(1, lastSeq - back + 1);
    const found: StoredMessage[] = [];
    for await (const stored of readStream(journal, { stream: PREDICTIONS, fromSeq, filterSubjects: [subject], signal })) {
      found.push(stored);
      if (stored.seq >= lastSeq) break;
    }
    if (found.length >= count || fromSeq === 1) return found.slice(-count);
  }
}
