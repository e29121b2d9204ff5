/**
 * Feed → frames. Each frame is a commit: fenced by the frame before it, with the feed sequence of its last input.
 *
 * Recovery: load the last snapshot, replay the feed after it, compare each recomputed frame with the published one
 * (equal schema and unequal bytes stops the service), go on after the last. A new schema starts a new epoch: it replays
 * what the feed still holds to warm up, and publishes from the next frame on.
 */
import { Counter, Gauge } from 'prom-client';
import type { UniverseConfig, WorkPlan } from '../../runtime/config.ts';
import { crashPoint } from '../../runtime/crashPoint.ts';
import { CorruptError, messageOf, RefusedError } from '../../runtime/errors.ts';
import { BEHIND, RUNNING, type ServiceContext } from '../../runtime/service.ts';
import type { Journal, StoredMessage } from '../../streams/journal.ts';
import { readStream } from '../../streams/edge/consume.ts';
import { openFencedSubject } from '../../streams/edge/fencedSubject.ts';
import { openObjects } from '../../streams/edge/objects.ts';
import { mustHold, mustReach } from '../../streams/edge/stored.ts';
import { type FeedMessage, parseFeedMessage } from '../../streams/messages/feed.ts';
import { parseFrame } from '../../streams/messages/frame.ts';
import { BUCKET, FEATURES, HEADER, ticksStream } from '../../streams/streams.ts';
import { featuresSubject } from '../../streams/subjects.ts';
import { createFrameEngine } from '../../quant/frames/engine.ts';
import { frameBytes } from '../../quant/frames/message.ts';
import { featureSchema } from '../../quant/frames/schema.ts';
import { createFrameInput } from './frames.ts';
import { createPublishedFrames } from './published.ts';
import { createSnapshots } from './snapshots.ts';

export async function runFeatures(journal: Journal, { feed }: Pick<WorkPlan, 'feed'>, universe: UniverseConfig, context: ServiceContext, snapshotEveryFrames?: number): Promise<void> {
  const { features, hash } = featureSchema(universe.stepMs);
  const engine = createFrameEngine({ ...universe, features });
  const metrics = createMetrics(context);
  const stream = ticksStream(feed.name);
  const subject = featuresSubject(universe.name);
  const { output, lastTs, sameSchema } = await openFrames(journal, stream, subject, hash, context);
  const snapshots = createSnapshots(await openObjects(journal, BUCKET.snapshots), universe.name, hash, (error) => {
    metrics.snapshotsFailed.inc();
    context.log.warn(`a snapshot was not kept, so a restart would take longer: ${messageOf(error)}`);
  }, snapshotEveryFrames);
  const from = sameSchema ? await snapshots.load(engine, output.last?.seq ?? 0) : { feedSeq: 0, frameSeq: 0 };
  const published = createPublishedFrames(journal, subject, hash, from.frameSeq + 1, context.signal);

  const closedBy = createFrameInput(engine);
  let nextSeq = from.feedSeq + 1;
  let whole = true;
  context.report({ ...(from.frameSeq < (output.last?.seq ?? 0) ? BEHIND : RUNNING), cursors: { [stream]: from.feedSeq } });
  for await (const stored of readStream(journal, { stream, fromSeq: nextSeq, signal: context.signal })) {
    if (stored.seq > nextSeq) {
      tellHole(stream, nextSeq, stored.seq, context);
      whole = false;
    }
    nextSeq = stored.seq + 1;
    metrics.messages.inc();
    crashPoint('features.fetch.after');
    const message = readable(stored, metrics, context);
    let committed = 0;
    for (const { inputSeq, frame } of message === null ? [] : closedBy({ seq: stored.seq, message })) {
      const bytes = frameBytes(universe.name, hash, universe.instruments, frame);
      if (frame.ts <= lastTs) {
        if (sameSchema && whole && (await published.isEqual(bytes, frame.ts))) metrics.verified.inc();
        snapshots.replayed();
        if (frame.ts === lastTs) context.report(RUNNING);
        continue;
      }
      crashPoint('features.publish.before');
      committed = await output.publish(bytes, { [HEADER.inputSeq]: String(inputSeq) });
      crashPoint('features.publish.after');
      metrics.frames.inc();
      metrics.frameTs.set(frame.ts / 1e6);
    }
    if (committed > 0) snapshots.offer(engine, stored.seq, committed);
    context.report({ ...(committed > 0 ? RUNNING : {}), cursors: { [stream]: stored.seq, ...(committed > 0 ? { [FEATURES]: committed } : {}) } });
  }
  await published.close();
  await snapshots.settled();
}

/** The frames that are there, to go on after the last. Throws CorruptError when the feed doesn't hold what comes next. */
async function openFrames(journal: Journal, stream: string, subject: string, schema: string, context: ServiceContext) {
  const output = await openFencedSubject(journal, FEATURES, subject, context.signal);
  if (output.last === null) return { output, lastTs: -1, sameSchema: true };
  const last = parseFrame(output.last.data);
  await mustContinue(journal, stream, Number(output.last.header(HEADER.inputSeq) ?? -1), last.ts);
  const sameSchema = last.schema === schema;
  if (!sameSchema) context.log.warn({ schema }, 'the feature code has changed: a new schema epoch begins, warmed up from the feed');
  return { output, lastTs: last.ts, sameSchema };
}

/**
 * Retention took messages before they were read. Behind a position, at a start or in the middle, frames can't be continued:
 * throws CorruptError. Without one (a new folder, or no usable snapshot) the state is warmed up from what is left; that is
 * said loudly, and it can't be held against frames that were made with more.
 */
function tellHole(stream: string, nextSeq: number, seq: number, context: ServiceContext): void {
  context.log.error({ stream, lost: seq - nextSeq }, 'messages were lost to the stream\'s retention before they were read');
  if (nextSeq > 1) throw new CorruptError(`${stream}: messages ${nextSeq} to ${seq - 1} are gone, so frames can't be continued`, 'Raise the stream\'s limits, or start with a new data folder.');
}

/** The feed still holds the last input of the last frame, which came before its time, and the message after it, which closed it. Else throws CorruptError. */
async function mustContinue(journal: Journal, stream: string, inputSeq: number, frameTs: number): Promise<void> {
  await mustReach(journal, stream, inputSeq + 1);
  await mustHold(journal, stream, inputSeq, ({ subject, data }) => {
    try {
      return parseFeedMessage(subject, data).tsInit < frameTs;
    } catch {
      return true; // can't be read, now as then
    }
  });
}

/** null, counted and told, for a message that can't be read: those after it count. */
function readable(stored: StoredMessage, metrics: ReturnType<typeof createMetrics>, context: ServiceContext): FeedMessage | null {
  try {
    return parseFeedMessage(stored.subject, stored.data);
  } catch (error) {
    if (!(error instanceof RefusedError)) throw error;
    metrics.refused.inc();
    context.log.warn({ seq: stored.seq }, `skipped: ${messageOf(error)}`);
    return null;
  }
}

function createMetrics({ metrics }: ServiceContext) {
  const registers = [metrics];
  return {
    messages: new Counter({ name: 'foretick_features_messages_total', help: 'Feed messages read', registers }),
    refused: new Counter({ name: 'foretick_features_refused_total', help: 'Feed messages that could not be parsed', registers }),
    frames: new Counter({ name: 'foretick_features_frames_total', help: 'Frames published', registers }),
    verified: new Counter({ name: 'foretick_features_verified_total', help: 'Frames recomputed after a restart and found equal to those published', registers }),
    snapshotsFailed: new Counter({ name: 'foretick_features_snapshots_failed_total', help: 'Snapshots of state that could not be kept', registers }),
    frameTs: new Gauge({ name: 'foretick_features_frame_timestamp_seconds', help: 'Grid time of the last frame', registers }),
  };
}
