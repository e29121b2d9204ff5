/**
 * Is a bounded run complete? The feed has ended, and everything downstream has handled all that came before: each
 * universe's last frame, prediction and outcome are of one grid time, and the recorder's cursors stand at the streams' ends.
 */
import type { Config, UniverseConfig } from '../runtime/config.ts';
import type { Health } from '../runtime/service.ts';
import { cursorName } from '../worker/jobContext.ts';
import type { Connection } from '../streams/edge/connect.ts';
import { lastOfSubject, messageAt, streamBounds } from '../streams/edge/stored.ts';
import { parseFeedMessage } from '../streams/messages/feed.ts';
import { parseFrame } from '../streams/messages/frame.ts';
import { parseOutcome } from '../streams/messages/outcome.ts';
import { parsePrediction } from '../streams/messages/prediction.ts';
import { FEATURES, MODELS, OUTCOMES, PREDICTIONS, ticksStream } from '../streams/streams.ts';
import type { Healths } from './healths.ts';
import { featuresSubject, outcomesSubject, predictionsSubject } from '../streams/subjects.ts';

export interface Progress {
  readonly feedEnded: boolean;
  /** Every universe's frames, predictions and outcomes are made. */
  readonly computed: boolean;
  /** Computed and recorded. */
  readonly done: boolean;
  /** Known time up to which every universe has outcomes, µs; null before the first. */
  readonly outcomeTs: number | null;
}

export async function readProgress(connection: Connection, config: Config, healths: Healths): Promise<Progress> {
  const feed = ticksStream(config.feed.name);
  const { lastSeq } = await streamBounds(connection, feed);
  const last = lastSeq === 0 ? null : await messageAt(connection, feed, lastSeq);
  const message = last === null ? null : parseFeedMessage(last.subject, last.data);
  const feedEnded = message?.type === 'status' && message.status.kind === 'end';
  const universes = await Promise.all(config.universes.map(({ name }) => universeProgress(connection, name)));
  const known = universes.flatMap(({ outcomeTs }) => outcomeTs ?? []);
  const outcomeTs = known.length < universes.length ? null : Math.min(...known);
  const isFolded = ({ name }: UniverseConfig): boolean => healths.get('features')?.cursors[feed] === lastSeq || [...healths.values()].some(({ cursors }) => cursors[cursorName('features', name, feed)] === lastSeq);
  const computed = feedEnded && config.universes.every(isFolded) && universes.every(({ inStep }) => inStep);
  return { feedEnded, computed, done: computed && await isRecorded(connection, [feed, PREDICTIONS, OUTCOMES, MODELS], healths.get('recorder')), outcomeTs };
}

/** `inStep`: its last frame, prediction and outcome are of one grid time. */
async function universeProgress(connection: Connection, name: string): Promise<{ inStep: boolean; outcomeTs: number | null }> {
  const [frame, prediction, outcome] = await Promise.all([
    lastOfSubject(connection, FEATURES, featuresSubject(name)), lastOfSubject(connection, PREDICTIONS, predictionsSubject(name)), lastOfSubject(connection, OUTCOMES, outcomesSubject(name)),
  ]);
  const outcomeTs = outcome === null ? null : parseOutcome(outcome.data).frameTs;
  const frameTs = frame === null ? null : parseFrame(frame.data).ts;
  return { inStep: frameTs === outcomeTs && frameTs === (prediction === null ? null : parsePrediction(prediction.data).frameTs), outcomeTs };
}

async function isRecorded(connection: Connection, streams: readonly string[], recorder: Health | undefined): Promise<boolean> {
  for (const stream of streams) {
    const { lastSeq } = await streamBounds(connection, stream);
    if (lastSeq > 0 && recorder?.cursors[stream] !== lastSeq) return false;
  }
  return true;
}
