/**
 * The one owner of a feed. Messages are published in a window, each expecting the stream's last sequence to be that of
 * the message before it, so order and ownership hold without waiting for each ack.
 *
 * The first message of each call is a probe: nothing is sent behind it before it is stored. Otherwise a process that was
 * stopped and goes on would send a window whose beginning is refused, and whose end may fit behind what its successor wrote.
 *
 * After a refusal or an ambiguous ack the window is settled: the stream's last sequence says how much of it is stored;
 * every stored message without an ack must be ours, byte for byte and by its writer's name, or somebody else owns the feed
 * (FencedError).
 */
import { FencedError, type RefusedError, RetryError } from '../../runtime/errors.ts';
import type { Log } from '../../runtime/log.ts';
import { type Encoded, encodeFeedMessage, type FeedMessage, parseFeedMessage } from '../messages/feed.ts';
import { HEADER, ticksStream } from '../streams.ts';
import type { Journal } from '../journal.ts';
import { createStoringLog, refusalOf } from './retry.ts';
import { boundsFrom, messageAt, shortenedUnderway, streamBounds, untilFresh } from './stored.ts';
import { newWriter } from './writer.ts';

const WINDOW = 2_000;
const ACK_TIMEOUT_MS = 1_500;
const RETRY_MS = 100;

export interface FeedPublisher {
  /** Of the stream when this was opened; 0 and null when it is empty. */
  readonly lastSeq: number;
  readonly lastMessage: FeedMessage | null;
  /** Resolves when the window has room for more. */
  publish(messages: readonly FeedMessage[]): Promise<void>;
  /** Resolves when everything published is stored. */
  flush(): Promise<void>;
}

export async function openFeedPublisher(journal: Journal, feed: string, log: Log, signal?: AbortSignal): Promise<FeedPublisher> {
  const stream = ticksStream(feed);
  const { lastSeq } = await streamBounds(journal, stream);
  const last = lastSeq === 0 ? null : await messageAt(journal, stream, lastSeq);
  const window = createWindow(journal, stream, lastSeq, log, signal);
  return {
    lastSeq,
    lastMessage: last === null ? null : parseFeedMessage(last.subject, last.data),
    async publish(messages) {
      for (const [i, message] of messages.entries()) {
        if (i <= 1) await window.probed();
        if (window.isFull()) await window.settle(WINDOW / 2);
        window.send(encodeFeedMessage(feed, message), i === 0);
      }
    },
    flush: () => window.settle(0),
  };
}

interface Entry { readonly message: Encoded; /** False: refused, or not known to be stored. */ ack: Promise<boolean> }

function createWindow(journal: Journal, stream: string, stored: number, log: Log, signal?: AbortSignal) {
  /** Sent and not known to be stored: the message of sequence `acked + 1 + i`. */
  let open: Entry[] = [];
  let acked = stored;
  let probe: Promise<boolean> = Promise.resolve(true);
  const sender = createSender(journal, stream, log);

  /** Nothing is in flight any more: finds what is stored and sends the rest again. */
  const resync = async (): Promise<void> => {
    await allAcked(open);
    for (;;) {
      const lastSeq = await sender.readBack(acked, open);
      open = open.slice(lastSeq - acked);
      acked = lastSeq;
      if (open.length === 0) return;
      log.info({ resent: open.length }, 'sending the rest of the window again');
      open.forEach((entry, i) => (entry.ack = sender.send(entry.message, acked + i)));
      if (await allAcked(open)) {
        acked += open.splice(0).length;
        return sender.allStored();
      }
      if (signal?.aborted) throw new RetryError(`${stream}: stopped before the server answered`);
      await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
    }
  };

  return {
    isFull: () => open.length >= WINDOW,
    /** Waits until the last probe is stored. */
    async probed(): Promise<void> {
      if (await probe) return;
      await resync();
      probe = Promise.resolve(true);
    },
    send(message: Encoded, asProbe: boolean) {
      const ack = sender.send(message, acked + open.length);
      open.push({ message, ack });
      if (asProbe) probe = ack;
    },
    /** Waits until at most `left` messages are unacknowledged. */
    async settle(left: number): Promise<void> {
      const count = open.length - left;
      if (count <= 0) return;
      if (!(await allAcked(open.slice(0, count)))) return resync();
      acked += count;
      open = open.slice(count);
    },
  };
}

const allAcked = async (entries: readonly Entry[]): Promise<boolean> => (await Promise.all(entries.map(({ ack }) => ack))).every(Boolean);

/** Sends one message each, under one writer's name, and reads back what came of them. */
function createSender(journal: Journal, stream: string, log: Log) {
  /** Why nothing more can be published, whoever asks how often. */
  let refusal: RefusedError | null = null;
  const writer = newWriter();
  const headers = { [HEADER.writer]: writer };
  const storing = createStoringLog(log, stream);
  return {
    allStored: storing.stored,
    send: (message: Encoded, expected: number): Promise<boolean> =>
      journal.append(message.subject, message.body, { headers, expectLastSeq: expected, timeoutMs: ACK_TIMEOUT_MS }).then((seq) => seq === expected + 1, (error: unknown) => {
        refusal ??= refusalOf(error, message.subject);
        storing.failed(error);
        return false;
      }),
    /** The stream's last sequence, when everything up to it is ours. `open` was sent after `acked` and is answered. */
    async readBack(acked: number, open: readonly Entry[]): Promise<number> {
      if (refusal !== null) throw refusal;
      const { lastSeq } = await boundsFrom(journal, stream, acked);
      if (lastSeq < acked) throw shortenedUnderway(stream, lastSeq, acked);
      if (lastSeq > acked + open.length) throw new FencedError(`${stream}: its last sequence is ${lastSeq}, at most ${acked + open.length} was expected`);
      await Promise.all(open.slice(0, lastSeq - acked).map(async ({ message, ack }, i) => (await ack) || mustBeOurs(journal, stream, acked + 1 + i, message, writer)));
      return lastSeq;
    },
  };
}

async function mustBeOurs(journal: Journal, stream: string, seq: number, ours: Encoded, writer: string): Promise<void> {
  const stored = await untilFresh(() => messageAt(journal, stream, seq), (message) => message !== null);
  if (stored === null || stored.header(HEADER.writer) !== writer || stored.subject !== ours.subject || Buffer.compare(stored.data, ours.body) !== 0) {
    throw new FencedError(`${stream}: sequence ${seq} was written by somebody else`);
  }
}
