/**
 * Is a bounded run complete? The feed has ended, and everything downstream has handled all that came before: the last
 * frame, prediction and outcome are of one grid time, and the recorder's cursors stand at the streams' ends.
 */
import type { Config } from '../runtime/config.ts';
import type { Health } from '../runtime/service.ts';
import type { Connection } from '../streams/edge/connect.ts';
import { lastOfSubject, messageAt, streamBounds } from '../streams/edge/stored.ts';
import { parseFeedMessage } from '../streams/messages/feed.ts';
import { parseFrame } from '../streams/messages/frame.ts';
import { parseOutcome } from '../streams/messages/outcome.ts';
import { parsePrediction } from '../streams/messages/prediction.ts';
import { FEATURES, MODELS, OUTCOMES, PREDICTIONS, ticksStream } from '../streams/streams.ts';
import { featuresSubject, outcomesSubject, predictionsSubject } from '../streams/subjects.ts';

export interface Progress {
  readonly feedEnded: boolean;
  readonly done: boolean;
  /** Known time of the last outcome, µs; null before the first. */
  readonly outcomeTs: number | null;
}

export async function readProgress(connection: Connection, config: Config, healthOf: (service: string) => Health | null): Promise<Progress> {
  const { name } = config.universe;
  const feed = ticksStream(config.feed.name);
  const [frame, prediction, outcome] = await Promise.all([
    lastOfSubject(connection, FEATURES, featuresSubject(name)), lastOfSubject(connection, PREDICTIONS, predictionsSubject(name)), lastOfSubject(connection, OUTCOMES, outcomesSubject(name)),
  ]);
  const outcomeTs = outcome === null ? null : parseOutcome(outcome.data).frameTs;
  const { lastSeq } = await streamBounds(connection, feed);
  const last = lastSeq === 0 ? null : await messageAt(connection, feed, lastSeq);
  const message = last === null ? null : parseFeedMessage(last.subject, last.data);
  const feedEnded = message?.type === 'status' && message.status.kind === 'end';
  if (!feedEnded || healthOf('features')?.cursors[feed] !== lastSeq) return { feedEnded, done: false, outcomeTs };
  const frameTs = frame === null ? null : parseFrame(frame.data).ts;
  const predictionTs = prediction === null ? null : parsePrediction(prediction.data).frameTs;
  if (frameTs !== predictionTs || frameTs !== outcomeTs) return { feedEnded, done: false, outcomeTs };
  return { feedEnded, done: await isRecorded(connection, [feed, PREDICTIONS, OUTCOMES, MODELS], healthOf('recorder')), outcomeTs };
}

async function isRecorded(connection: Connection, streams: readonly string[], recorder: Health | null): Promise<boolean> {
  for (const stream of streams) {
    const { lastSeq } = await streamBounds(connection, stream);
    if (lastSeq > 0 && recorder?.cursors[stream] !== lastSeq) return false;
  }
  return true;
}
