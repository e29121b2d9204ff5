/**
 * Reading a stream in order, from a sequence on, for ever.
 *
 * 1. Every message from `fromSeq` on that matches the filter is yielded once, in stream order.
 * 2. Nothing is pulled before what was pulled is consumed: at most PULL messages wait (back-pressure).
 * 3. The server-side consumer is disposable (in memory, no acks). Whatever happens to it, or a hole in the delivery
 *    sequence, it is made anew from the last sequence yielded.
 */
import { AckPolicy, type Consumer, type ConsumerMessages, DeliverPolicy, type JsMsg, ReplayPolicy } from '@nats-io/jetstream';
import { type Connection, retryWhileAway } from './connect.ts';
import type { StoredMessage } from './stored.ts';

export type { StoredMessage } from './stored.ts';

const PULL = 2_000;
/** The server answers a pull after this long at the latest, ms; so a lost pull costs at most that. */
const PULL_EXPIRES_MS = 1_000;
const EMPTY_PULLS_BEFORE_CHECK = 5;
const RETRY_MS = 100;

export interface ReadOptions {
  readonly stream: string;
  readonly fromSeq: number;
  readonly filterSubjects?: readonly string[];
  readonly signal: AbortSignal;
}

const toStored = (message: JsMsg): StoredMessage => ({
  seq: message.seq, subject: message.subject, data: message.data, header: (name) => message.headers?.get(name) || undefined,
});

export async function* readStream(connection: Connection, options: ReadOptions): AsyncGenerator<StoredMessage> {
  const { signal } = options;
  let nextSeq = Math.max(1, options.fromSeq);
  while (!signal.aborted) {
    const reader = await openConsumer(connection, options, nextSeq).catch((error: unknown) => {
      if (signal.aborted) return null;
      throw error;
    });
    if (reader === null) return;
    try {
      for await (const message of readConsumer(connection, reader.consumer, signal)) {
        nextSeq = message.seq + 1;
        yield toStored(message);
      }
    } finally {
      void connection.jsm.consumers.delete(options.stream, reader.name).catch(() => undefined);
    }
    if (!signal.aborted) await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
  }
}

async function openConsumer(connection: Connection, options: ReadOptions, nextSeq: number): Promise<{ consumer: Consumer; name: string }> {
  const info = await retryWhileAway(() => connection.jsm.consumers.add(options.stream, {
    ack_policy: AckPolicy.None, deliver_policy: DeliverPolicy.StartSequence, opt_start_seq: nextSeq, replay_policy: ReplayPolicy.Instant,
    mem_storage: true, num_replicas: 1, inactive_threshold: 60_000_000_000, max_waiting: 8,
    ...(options.filterSubjects === undefined ? {} : { filter_subjects: [...options.filterSubjects] }),
  }), options.signal);
  return { consumer: connection.js.consumers.getConsumerFromInfo(info), name: info.name };
}

/** Yields until the consumer is lost or delivery has a hole; the caller makes a new one. */
async function* readConsumer(connection: Connection, consumer: Consumer, signal: AbortSignal): AsyncGenerator<JsMsg> {
  let delivered = 0;
  let empty = 0;
  while (!signal.aborted) {
    let count = 0;
    let messages: ConsumerMessages | null = null;
    const stop = (): void => messages?.stop();
    try {
      messages = await consumer.fetch({ max_messages: PULL, expires: PULL_EXPIRES_MS });
      signal.addEventListener('abort', stop);
      for await (const message of messages) {
        if (message.info.deliverySequence !== delivered + 1) return;
        delivered += 1;
        count += 1;
        yield message;
        if (signal.aborted) return;
      }
    } catch {
      return; // consumer or connection lost: made anew from the last sequence
    } finally {
      signal.removeEventListener('abort', stop);
      stop();
    }
    empty = count === 0 ? empty + 1 : 0;
    if (connection.isAway()) return;
    if (empty >= EMPTY_PULLS_BEFORE_CHECK) {
      empty = 0;
      if ((await consumer.info().catch(() => null)) === null) return;
    }
  }
}

/** The last message of each subject that matches, as stored now. */
export async function lastPerSubject(connection: Connection, stream: string, filterSubject: string): Promise<StoredMessage[]> {
  const info = await retryWhileAway(() => connection.jsm.consumers.add(stream, {
    ack_policy: AckPolicy.None, deliver_policy: DeliverPolicy.LastPerSubject, filter_subject: filterSubject, mem_storage: true, num_replicas: 1,
    inactive_threshold: 10_000_000_000,
  }));
  const consumer = await retryWhileAway(() => connection.js.consumers.get(stream, info.name));
  const found: StoredMessage[] = [];
  while (found.length < info.num_pending) {
    const before = found.length;
    for await (const message of await consumer.fetch({ max_messages: Math.min(PULL, info.num_pending - found.length), expires: PULL_EXPIRES_MS })) found.push(toStored(message));
    if (found.length === before) break;
  }
  void connection.jsm.consumers.delete(stream, info.name).catch(() => undefined);
  return found;
}
