/** A collector gathers what the messages of one stream become, until the batch is taken and written. One a stream. */
import { isDeepStrictEqual } from 'node:util';
import { RefusedError } from '../../runtime/errors.ts';
import type { StoredMessage } from '../../streams/edge/consume.ts';
import { parseFeedMessage } from '../../streams/messages/feed.ts';
import { type ModelEvent, parseModelEvent } from '../../streams/messages/model.ts';
import { parseOutcome } from '../../streams/messages/outcome.ts';
import { parsePrediction } from '../../streams/messages/prediction.ts';
import { parseScores } from '../../streams/messages/score.ts';
import { MODELS, OUTCOMES, PREDICTIONS, ticksStream } from '../../streams/streams.ts';
import type { Bar, BarBuilder } from '../../quant/bars.ts';
import type { FeedRow, HistoryReader, HistoryStore, StoreBatch } from '../../store/history.ts';
import { outcomeRows, predictionRows, scoreRows } from './rows.ts';

export interface Collector {
  readonly stream: string;
  /** Rows added. Throws RefusedError for a message that can't be read, and then adds nothing. */
  add(message: StoredMessage): number;
  /** What was added since the last take, bringing the stream's cursor to `seq`. */
  take(seq: number): StoreBatch;
  /** Of a message up to which the store is said to hold the stream: false where another one was stored. Only what can be told quickly is looked at. */
  mayHold(store: HistoryReader, message: StoredMessage): Promise<boolean>;
}

/** Beside the feed's own cursor: up to here no open bar depends on the feed. */
const barsCursor = (feed: string): string => `BARS-${feed}`;

export function createTicksCollector(feed: string, bars: BarBuilder, onKnownTs: (ts: number) => void): Collector {
  const stream = ticksStream(feed);
  let rows: FeedRow[] = [];
  let closed: Bar[] = [];
  return {
    stream,
    add({ seq, subject, data }) {
      const message = parseFeedMessage(subject, data);
      rows.push({ seq, subject, tsInit: message.tsInit, body: data });
      const done = bars.update(seq, message);
      if (done.length > 0) closed.push(...done);
      onKnownTs(message.tsInit);
      return 1 + done.length;
    },
    take(seq) {
      const batch = { cursors: { [stream]: seq, [barsCursor(feed)]: bars.settledSeq() }, feed: { name: feed, rows }, bars: closed };
      rows = [];
      closed = [];
      return batch;
    },
    async mayHold(store, { seq, subject, data }) {
      for await (const [row] of store.feedRows(feed, seq, seq)) return row!.subject === subject && Buffer.compare(row!.body, data) === 0;
      return true; // passed over, or pruned
    },
  };
}

/** To be read before the feed's own cursor: another recorder may still write, and what is read later is never behind. */
export const settledSeq = (store: HistoryStore, feed: string): Promise<number> => store.cursor(barsCursor(feed));

/** Brings new bars to where they were when the batch up to `cursor` was written: the feed from the open bars' start on is read again. */
export async function resumeBars(store: HistoryStore, feed: string, bars: BarBuilder, settled: number, cursor: number, onKnownTs: (ts: number) => void): Promise<void> {
  for await (const rows of store.feedRows(feed, settled + 1, cursor)) {
    const closed = rows.flatMap((row) => [...bars.update(row.seq, parseFeedMessage(row.subject, row.body))]);
    if (closed.length > 0) await store.write({ cursors: {}, bars: closed });
    onKnownTs(rows.at(-1)!.tsInit);
  }
}

type Kind = 'predictions' | 'outcomes' | 'scores' | 'models';

type Parsers = Partial<{ [K in Kind]: (data: Uint8Array) => NonNullable<StoreBatch[K]> }>;

function createCollector(stream: string, parsers: Parsers, mayHold: Collector['mayHold'] = async () => true): Collector {
  let batch: Partial<Record<Kind, unknown[]>> = {};
  return {
    stream,
    add({ subject, data }) {
      const kind = subject.slice(0, subject.indexOf('.')) as Kind;
      const parse = parsers[kind];
      if (parse === undefined) throw new RefusedError(`${subject}: not a subject of ${stream}`);
      const rows = parse(data);
      const into = (batch[kind] ??= []);
      for (const row of rows) into.push(row);
      return rows.length;
    },
    take(seq) {
      const taken = batch;
      batch = {};
      return { ...(taken as Omit<StoreBatch, 'cursors'>), cursors: { [stream]: seq } };
    },
    mayHold,
  };
}

export const createPredictionsCollector = (): Collector => createCollector(PREDICTIONS, { predictions: (data) => predictionRows(parsePrediction(data)) });
export const createOutcomesCollector = (): Collector =>
  createCollector(OUTCOMES, { outcomes: (data) => outcomeRows(parseOutcome(data)), scores: (data) => scoreRows(parseScores(data)) });
export const createModelsCollector = (): Collector => createCollector(MODELS, { models: (data) => [parseModelEvent(data)] }, holdsEvent);

/** Model events stay for ever. One that can't be read was passed over. */
async function holdsEvent(store: HistoryReader, { data }: StoredMessage): Promise<boolean> {
  let event: ModelEvent;
  try {
    event = parseModelEvent(data);
  } catch {
    return true;
  }
  return (await store.models(event.universe)).some((stored) => isDeepStrictEqual(stored, event));
}
