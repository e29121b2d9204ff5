/** What a run leaves behind, as lines that two runs can be compared by: streams and store, without wall-clock fields. */
import type { HistoryStore } from '../../store/history.ts';
import { digestBody } from '../../streams/digest.ts';
import { FEATURES, HEADER, MODELS, OUTCOMES, PREDICTIONS, ticksStream } from '../../streams/streams.ts';
import type { MemoryJetStream } from './memoryJetStream.ts';
import { config } from './tinyMarket.ts';

export type Content = Readonly<Record<string, readonly string[]>>;

const RECORDED = [ticksStream(config.feed.name), PREDICTIONS, OUTCOMES, MODELS];
const STREAMS = [...RECORDED, FEATURES];
const EVER = Number.MAX_SAFE_INTEGER;
const ALL = 1_000_000;
const text = new TextDecoder();

export function contentOf(server: MemoryJetStream): Content {
  return Object.fromEntries(STREAMS.map((stream) => [stream, server.messages(stream).map(({ seq, subject, data, header }) =>
    `${seq} ${subject} ${header(HEADER.inputSeq) ?? ''} ${text.decode(stream === PREDICTIONS ? digestBody('predictions', data) : data)}`)]));
}

export async function storeContent(store: HistoryStore): Promise<Content> {
  const { feed } = config;
  const universe = config.universes[0]!;
  const lines = (rows: readonly unknown[]): string[] => rows.map((row) => JSON.stringify(row));
  const feedRows: string[] = [];
  for await (const rows of store.feedRows(feed.name, 1)) for (const { seq, subject, tsInit, body } of rows) feedRows.push(`${seq} ${subject} ${tsInit} ${text.decode(body)}`);
  const bars: string[] = [];
  const predictions: string[] = [];
  for (const instrument of universe.instruments) {
    bars.push(...lines(await store.bars(instrument, 1_000, 0, EVER, ALL)));
    for (const horizonMs of universe.horizonsMs) predictions.push(...lines(await store.predictions(universe.name, instrument, horizonMs, 0, EVER, ALL)));
  }
  return {
    cursors: await Promise.all(RECORDED.map(async (stream) => `${stream} ${await store.cursor(stream)}`)),
    'store: feed': feedRows, 'store: bars': bars, 'store: predictions with outcomes': predictions,
    'store: scores': lines(await store.scores(universe.name, EVER)), 'store: models': lines(await store.models(universe.name)),
  };
}

/** True when every stream is as long as in the calm run and the store has read it all. */
export async function isComplete(server: MemoryJetStream, store: HistoryStore, calm: Content): Promise<boolean> {
  if (STREAMS.some((stream) => server.bounds(stream).lastSeq < calm[stream]!.length)) return false;
  for (const stream of RECORDED) if ((await store.cursor(stream)) < calm[stream]!.length) return false;
  return true;
}
