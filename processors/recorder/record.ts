/**
 * One stream into the store.
 *
 * 1. Rows and cursor go in one transaction, at FULL_ROWS rows or MAX_WAIT_MS after the first, whichever comes first; the
 *    wait needs no further message to end.
 * 2. While a batch is being written the next is gathered, up to MAX_ROWS: a store that answers slowly gets fewer and larger batches.
 *    Beyond that reading stops, so at most two such batches are held while the store is away.
 * 3. A message that can't be read is counted, logged and passed over; the cursor moves past it.
 * 4. After an abort what is gathered is written once more if the store is there. If not, it is read again at the next start.
 */
import { crashPoint } from '../../runtime/crashPoint.ts';
import { messageOf, RefusedError, RetryError } from '../../runtime/errors.ts';
import type { WallClock } from '../../runtime/clock.ts';
import type { StoredMessage } from '../../streams/edge/consume.ts';
import type { HistoryStore, StoreBatch } from '../../store/history.ts';
import type { Collector } from './collect.ts';

/** A full batch is only met while catching up; the fewer there are, the fewer pages are written twice and the fewer round trips are waited for. */
export const FULL_ROWS = 10_000;
export const MAX_ROWS = 20_000;
export const MAX_WAIT_MS = 100;
const FIRST_RETRY_MS = 100;
/** Also how long a store may be back before the recorder finds out. */
const LAST_RETRY_MS = 2_000;

export interface RecordEvents {
  written(stream: string, seq: number, rows: number): void;
  skipped(stream: string, seq: number, why: string): void;
  /** Messages that retention took before they were read. */
  lost(stream: string, from: number, to: number): void;
  /** The store refused for the moment. */
  away(why: string, retryMs: number): void;
}

export interface RecordOptions {
  readonly source: AsyncIterable<StoredMessage>;
  /** Of the first message that is expected. */
  readonly fromSeq: number;
  readonly collector: Collector;
  readonly store: Pick<HistoryStore, 'write'>;
  readonly clock: WallClock;
  readonly events: RecordEvents;
  readonly signal: AbortSignal;
}

/** Resolves when the source ends; throws what the store throws, RetryError excepted. */
export async function recordStream(options: RecordOptions): Promise<void> {
  const { source, collector, events } = options;
  const writer = createWriter(options);
  let lastSeq = options.fromSeq - 1;
  const consume = async (): Promise<void> => {
    for await (const message of source) {
      crashPoint('recorder.fetch.after');
      if (message.seq > lastSeq + 1) events.lost(collector.stream, lastSeq + 1, message.seq - 1);
      lastSeq = message.seq;
      // Only where no more fits is waited: an await a message would cost as much as parsing it.
      if (writer.added(message.seq, addTo(collector, message, events))) await writer.room();
    }
    await writer.flush();
  };
  await Promise.race([consume(), writer.failed]);
}

function addTo(collector: Collector, message: StoredMessage, events: RecordEvents): number {
  try {
    return collector.add(message);
  } catch (error) {
    if (!(error instanceof RefusedError)) throw error;
    events.skipped(collector.stream, message.seq, messageOf(error));
    return 0;
  }
}

function createWriter(options: RecordOptions) {
  const { collector } = options;
  const failure = Promise.withResolvers<never>();
  failure.promise.catch(() => undefined);
  let rows = 0;
  let seq = 0;
  let timer: NodeJS.Timeout | undefined;
  let writing: Promise<void> | null = null;
  let abandoned = false;

  const start = (): void => {
    clearTimeout(timer);
    timer = undefined;
    if (seq === 0 || abandoned) return;
    const gathered = { batch: collector.take(seq), seq, rows };
    seq = 0;
    rows = 0;
    writing = write(options, gathered).then((done) => void (abandoned = !done)).finally(() => (writing = null));
    writing.catch(failure.reject);
  };
  const room = async (): Promise<void> => {
    while (writing !== null) await writing;
    start();
  };
  const onTimer = (): void => {
    timer = undefined;
    if (writing !== null) timer = setTimeout(onTimer, MAX_WAIT_MS);
    else start();
  };

  return {
    failed: failure.promise,
    room,
    /** All that was gathered is written. */
    async flush(): Promise<void> {
      await room();
      await writing;
    },
    /** A message was gathered. True when no more may be until `room` resolves. */
    added(messageSeq: number, count: number): boolean {
      seq = messageSeq;
      rows += count;
      timer ??= setTimeout(onTimer, MAX_WAIT_MS);
      if (rows >= FULL_ROWS && writing === null) start();
      return rows >= MAX_ROWS;
    },
  };
}

/** False when the store stayed away until the abort. */
async function write({ collector, store, clock, events, signal }: RecordOptions, { batch, seq, rows }: { batch: StoreBatch; seq: number; rows: number }): Promise<boolean> {
  for (let waitMs = FIRST_RETRY_MS; ; waitMs = Math.min(LAST_RETRY_MS, waitMs * 2)) {
    try {
      crashPoint('recorder.commit.before');
      await store.write(batch);
      crashPoint('recorder.commit.after');
      events.written(collector.stream, seq, rows);
      return true;
    } catch (error) {
      if (!(error instanceof RetryError)) throw error;
      if (signal.aborted) return false;
      events.away(withHint(error), waitMs);
      await clock.sleep(waitMs, signal);
    }
  }
}

/** What is wrong and what to do, in one line. */
export const withHint = (error: RetryError): string => (error.hint === '' ? messageOf(error) : `${messageOf(error)}. ${error.hint.replace(/\.$/, '')}`);
