/** The journal port over JetStream. Readers are in memory, without acks, pulled in blocks; single messages are asked of the stream's leader. */
import { AckPolicy, type ConsumerConfig, DeliverPolicy, type JetStreamClient, type JetStreamManager, type JsMsg, ReplayPolicy, type StoredMsg } from '@nats-io/jetstream';
import { Objm, setSha256Backend } from '@nats-io/obj';
import { messageOf } from '../../runtime/errors.ts';
import type { Log } from '../../runtime/log.ts';
import type { Delivered, Journal, JournalReader, Objects, ReadFrom, StoredMessage } from '../journal.ts';
import type { Append } from './acks.ts';
import type { Ask } from './lostAnswers.ts';
import { placeOf } from './place.ts';
import { apiErrorCode } from './retry.ts';
import { nextTurn } from './turns.ts';

const NOT_FOUND = 10_037;
/** A reader that nobody pulls from is removed by the server after this long, ns. */
const INACTIVE_NS = 60_000_000_000;
const MAX_BUCKET_BYTES = 2 * 1024 ** 3;
/** For the largest objects, some 30 MB, over a slow link. */
const GET_MS = 60_000;
/** One may have been late because somebody replaced the object meanwhile. */
const GET_TRIES = 2;

// The client's own is JavaScript, on the way of every frame while a snapshot of 10 or 20 MB is kept.
setSha256Backend('native');

export function createNatsJournal(js: JetStreamClient, jsm: JetStreamManager, append: Append, ask: Ask, log: Log, isAway: () => boolean): Journal {
  return {
    log, isAway, append,
    lastOf: (stream, subject) => ask(() => get(jsm, stream, { last_by_subj: subject })),
    at: (stream, seq) => ask(() => get(jsm, stream, { seq })),
    async bounds(stream) {
      const { state } = await ask(() => jsm.streams.info(stream));
      return { firstSeq: state.first_seq, lastSeq: state.last_seq };
    },
    openReader: (stream, from) => ask(() => openReader(js, jsm, stream, from)),
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

function toDelivered(message: JsMsg): Delivered {
  const { seq, deliverySeq } = placeOf((message as JsMsg & { readonly reply: string }).reply);
  return { seq, deliverySeq, subject: message.subject, data: message.data, header: (name) => message.headers?.get(name) || undefined };
}

/** 409: the next message does not fit into what is left of the bytes asked for, or a pull by bytes has given its hundred messages. That ends it as it should. */
const isFull = (error: unknown): boolean => error instanceof Error && error.name === 'JetStreamStatusError' && /exceeds maxbytes|batch completed/i.test(error.message);

const positionOf = (from: ReadFrom): Partial<ConsumerConfig> =>
  'lastPerSubject' in from
    ? { deliver_policy: DeliverPolicy.LastPerSubject, filter_subject: from.lastPerSubject }
    : {
        deliver_policy: DeliverPolicy.StartSequence, opt_start_seq: Math.max(1, from.fromSeq),
        ...(from.filterSubjects === undefined ? {} : { filter_subjects: [...from.filterSubjects] }),
      };

async function openReader(js: JetStreamClient, jsm: JetStreamManager, stream: string, from: ReadFrom): Promise<JournalReader> {
  const info = await jsm.consumers.add(stream, {
    ...positionOf(from), ack_policy: AckPolicy.None, replay_policy: ReplayPolicy.Instant, mem_storage: true, num_replicas: 1, inactive_threshold: INACTIVE_NS, max_waiting: 8,
  });
  const consumer = js.consumers.getConsumerFromInfo(info);
  return {
    pending: info.num_pending,
    async *pull(limit, expiresMs, signal) {
      const messages = await consumer.fetch({ ...('bytes' in limit ? { max_bytes: limit.bytes } : { max_messages: limit.messages }), expires: expiresMs });
      const stop = (): void => messages.stop();
      signal?.addEventListener('abort', stop);
      try {
        if (signal?.aborted) return;
        for await (const message of messages) {
          yield toDelivered(message);
          const turn = nextTurn();
          if (turn !== null) await turn;
        }
      } catch (error) {
        if (!isFull(error)) throw error;
      } finally {
        signal?.removeEventListener('abort', stop);
        stop();
      }
    },
    waiting: () => consumer.info().then(({ num_pending }) => num_pending, () => null),
    close: () => void jsm.consumers.delete(stream, info.name).catch(() => undefined),
  };
}

/** Makes the bucket where it is missing, which `up` did before services start: they may not. */
export async function openBucket(js: JetStreamClient, bucket: string, replicas: number, log: Log, getMs = GET_MS): Promise<Objects> {
  const store = await new Objm(js).create(bucket, { max_bytes: MAX_BUCKET_BYTES, replicas });
  return {
    put: async (name, bytes) => void (await store.putBlob({ name }, bytes)),
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
