/** The journal port over JetStream. Readers are in memory, without acks, pulled in blocks; single messages are asked of the stream's leader. */
import { AckPolicy, type ConsumerConfig, DeliverPolicy, type JetStreamClient, type JetStreamManager, ReplayPolicy, type StoredMsg } from '@nats-io/jetstream';
import { Objm, setSha256Backend } from '@nats-io/obj';
import { messageOf } from '../../runtime/errors.ts';
import type { Log } from '../../runtime/log.ts';
import type { Journal, JournalReader, Objects, ReadFrom, StoredMessage } from '../journal.ts';
import type { Append } from './acks.ts';
import type { LostAnswers } from './lostAnswers.ts';
import { openPulls, type PullsOptions } from './pulls.ts';
import { apiErrorCode } from './retry.ts';

const NOT_FOUND = 10_037;
/** A reader that nobody pulls from is removed by the server after this long, ns. */
const INACTIVE_NS = 60_000_000_000;
/** As the client cuts them. */
const PART_BYTES = 128 * 1_024;
const PART_PAUSE_MS = 2;
const MAX_BUCKET_BYTES = 2 * 1024 ** 3;
/** For the largest objects, some 30 MB, over a slow link. */
const GET_MS = 60_000;
/** One may have been late because somebody replaced the object meanwhile. */
const GET_TRIES = 2;

// The client's own is JavaScript, on the way of every frame while a snapshot of 10 or 20 MB is kept.
setSha256Backend('native');

export interface NatsJournalParts extends Pick<PullsOptions, 'nc' | 'inboxPrefix' | 'lost'> {
  readonly js: JetStreamClient; readonly jsm: JetStreamManager; readonly append: Append; readonly lost: LostAnswers; readonly log: Log;
  isAway(): boolean;
}

export function createNatsJournal(parts: NatsJournalParts): Journal {
  const { js, jsm, append, lost: { ask }, log, isAway } = parts;
  return {
    log, isAway, append,
    lastOf: (stream, subject) => ask(() => get(jsm, stream, { last_by_subj: subject })),
    at: (stream, seq) => ask(() => get(jsm, stream, { seq })),
    async bounds(stream) {
      const { state } = await ask(() => jsm.streams.info(stream));
      return { firstSeq: state.first_seq, lastSeq: state.last_seq };
    },
    openReader: (stream, from) => ask(() => openReader(parts, stream, from)),
    openBucket: (bucket) => openBucket(js, bucket, 1, log),
  };
}

async function get(jsm: JetStreamManager, stream: string, query: { last_by_subj: string } | { seq: number }): Promise<StoredMessage | null> {
  let found: StoredMsg | null;
  try {
    found = await jsm.streams.getMessage(stream, query);
  } catch (error) {
    if (apiErrorCode(error) === NOT_FOUND) return null;
    throw error;
  }
  return found === null ? null : { seq: found.seq, subject: found.subject, data: found.data, header: (name) => found.header?.get(name) || undefined };
}

const positionOf = (from: ReadFrom): Partial<ConsumerConfig> =>
  'lastPerSubject' in from
    ? { deliver_policy: DeliverPolicy.LastPerSubject, filter_subject: from.lastPerSubject }
    : {
        deliver_policy: DeliverPolicy.StartSequence, opt_start_seq: Math.max(1, from.fromSeq),
        ...(from.filterSubjects === undefined ? {} : { filter_subjects: [...from.filterSubjects] }),
      };

async function openReader({ js, jsm, ...parts }: NatsJournalParts, stream: string, from: ReadFrom): Promise<JournalReader> {
  const info = await jsm.consumers.add(stream, {
    ...positionOf(from), ack_policy: AckPolicy.None, replay_policy: ReplayPolicy.Instant, mem_storage: true, num_replicas: 1, inactive_threshold: INACTIVE_NS, max_waiting: 8,
  });
  const consumer = js.consumers.getConsumerFromInfo(info);
  const pulls = openPulls({ ...parts, stream, consumer: info.name });
  return {
    pending: info.num_pending,
    pull: pulls.pull,
    waiting: () => consumer.info().then(({ num_pending }) => num_pending, () => null),
    close() {
      pulls.close();
      jsm.consumers.delete(stream, info.name).catch(() => undefined);
    },
  };
}

/** Makes the bucket where it is missing, which `up` did before services start: they may not. */
export async function openBucket(js: JetStreamClient, bucket: string, replicas: number, log: Log, getMs = GET_MS): Promise<Objects> {
  const store = await new Objm(js).create(bucket, { max_bytes: MAX_BUCKET_BYTES, replicas });
  return {
    put: async (name, bytes) => void (await store.put({ name }, inParts(bytes))),
    async get(name) {
      for (let tries = 1; ; tries++) {
        try {
          const bytes = await withinMs(getMs, () => store.getBlob(name), `${bucket}/${name} did not arrive`);
          // A copy in plain bytes: the client gives a Buffer, whose slices share memory and whose `.buffer` is larger.
          return bytes === null ? null : new Uint8Array(bytes);
        } catch (error) {
          const isLate = error instanceof LateError;
          if (!isLate && !isDamaged(error)) throw error;
          const what = messageOf(error).split('\n', 1)[0]!;
          if (isLate && tries < GET_TRIES) {
            log.warn({ bucket, name }, `${what}; asked for once more`);
            continue;
          }
          log.error({ bucket, name }, `the stored object is damaged and counts as missing: ${what}`);
          return null;
        }
      }
    },
  };
}

/** With a pause before each: a snapshot of megabytes that leaves at full speed stands in the way of the frames beside it. */
function inParts(bytes: Uint8Array): ReadableStream<Uint8Array> {
  let at = 0;
  return new ReadableStream({
    async pull(controller) {
      await new Promise((resolve) => setTimeout(resolve, PART_PAUSE_MS));
      if (at < bytes.length) controller.enqueue(bytes.subarray(at, (at += PART_BYTES)));
      if (at >= bytes.length) controller.close();
    },
  }, { highWaterMark: 0 });
}

/** As the client says it. Asking again would give the same for ever. */
const isDamaged = (error: unknown): boolean => /corrupt object|digest/i.test(messageOf(error));

class LateError extends Error {}

/** The client waits without end for parts that are not there: lost, or replaced by somebody meanwhile. */
async function withinMs<T>(ms: number, work: () => Promise<T>, what: string): Promise<T> {
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(() => late.reject(new LateError(`${what} within ${ms / 1_000} s`)), ms);
  try {
    return await Promise.race([work(), late.promise]);
  } finally {
    clearTimeout(timer);
  }
}

/** Names of the objects of a bucket, as of now. */
export const objectNames = async (js: JetStreamClient, bucket: string): Promise<string[]> => (await (await new Objm(js).create(bucket)).list()).map(({ name }) => name);
