/** GatewayData over NATS and the store. Nothing here waits for long: what can't be had now is a RetryError. */
import { featureSchema } from '../quant/frames/schema.ts';
import type { ModelCard } from '../registry/card.ts';
import { fetchModel } from '../registry/registry.ts';
import { messageOf, RefusedError, RetryError } from '../runtime/errors.ts';
import type { Log } from '../runtime/log.ts';
import type { HealthInfo, UniverseInfo } from '../sdk/api.ts';
import type { HistoryReader } from '../store/history.ts';
import { openReader } from '../store/open.ts';
import type { Connection } from '../streams/edge/connect.ts';
import type { ModelEvents } from '../streams/edge/modelEvents.ts';
import { openObjects } from '../streams/edge/objects.ts';
import { lastOfSubject } from '../streams/edge/stored.ts';
import { type Frame, parseFrame } from '../streams/messages/frame.ts';
import { BUCKET, FEATURES } from '../streams/streams.ts';
import { featuresSubject } from '../streams/subjects.ts';
import type { GatewayData } from './data.ts';
import type { Hub } from './hub.ts';
import type { OnlineStore } from './online.ts';

const ANSWER_WITHIN_MS = 3_000;
const STORE_RETRY_MS = 1_000;

export interface LiveOptions {
  readonly connection: Connection;
  readonly universes: readonly UniverseInfo[];
  readonly storeUrl: string;
  readonly hub: Hub;
  readonly online: OnlineStore;
  /** By universe. */
  readonly events: ReadonlyMap<string, ModelEvents>;
  readonly signal: AbortSignal;
  readonly log: Log;
  health(): HealthInfo;
}

export async function openLive(options: LiveOptions): Promise<GatewayData & { close(): Promise<void> }> {
  const { connection, universes, hub, events, log } = options;
  const objects = await openObjects(connection, BUCKET.models);
  const history = openHistory(options.storeUrl, options.signal, log);
  const features = new Map(universes.map(({ name, stepMs }) => [name, featureSchema(stepMs).features.map((feature) => feature.name)]));
  const frames = new Map(universes.map(({ name }) => [name, shared(async () => {
    const stored = await lastOfSubject(connection, FEATURES, featuresSubject(name));
    return stored === null ? null : parseFrame(stored.data);
  })]));
  const ask = <T>(question: () => Promise<T>): Promise<T> => {
    if (connection.isAway()) throw away();
    return within(question());
  };
  const reads = {
    latest: hub.latest,
    latestFrame: (universe: string): Promise<Frame | null> => ask(frames.get(universe)!),
    featureNames: ({ name }: UniverseInfo): readonly string[] => features.get(name)!,
  };
  const readCard = createCards((model) => fetchModel(objects, model).then(({ card }) => card), universes.length, log);
  return {
    ...reads, universes,
    history: history.reader,
    online: options.online.reader(reads),
    modelEvents: (universe) => events.get(universe)!.events,
    card: (model) => ask(() => readCard(model)),
    health: options.health,
    close: history.close,
  };
}

const away = (): RetryError => new RetryError('the message server is away at the moment', 'It is being restarted; try again in a few seconds.');

/** Callers that come while an answer is under way share it: however many ask, one request runs. */
function shared<T>(ask: () => Promise<T>): () => Promise<T> {
  let running: Promise<T> | null = null;
  return () => (running ??= ask().finally(() => (running = null)));
}

async function within<T>(answer: Promise<T>): Promise<T> {
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(() => late.reject(away()), ANSWER_WITHIN_MS);
  try {
    return await Promise.race([answer, late.promise]);
  } finally {
    clearTimeout(timer);
  }
}

/** Remembers the cards read last: there is one champion a universe. A card never changes under its name. */
function createCards(fetch: (model: string) => Promise<ModelCard>, most: number, log: Log): (model: string) => Promise<ModelCard | null> {
  const cards = new Map<string, Promise<ModelCard | null>>();
  return (model) => {
    const card = cards.get(model) ?? fetch(model).catch((error: unknown) => {
      cards.delete(model);
      if (!(error instanceof RefusedError)) throw error;
      log.warn({ model }, `no card: ${messageOf(error)}`);
      return null;
    });
    cards.delete(model);
    cards.set(model, card);
    if (cards.size > most) cards.delete(cards.keys().next().value!);
    return card;
  };
}

/** The recorder makes the store; until it has, there is no history to read. A store that can't ever be read is logged once. */
function openHistory(url: string, signal: AbortSignal, log: Log): { reader(): HistoryReader; close(): Promise<void> } {
  let reader: HistoryReader | null = null;
  let why = new RetryError('there is no history yet', 'The recorder writes it; try again in a few seconds.');
  const open = async (): Promise<void> => {
    while (reader === null && !signal.aborted) {
      try {
        reader = openReader(url);
      } catch (error) {
        if (!(error instanceof RetryError)) {
          log.error(`the store cannot be read: ${messageOf(error)}`);
          why = new RetryError(`the store cannot be read: ${messageOf(error)}`, error instanceof RefusedError ? error.hint : '');
          return;
        }
        await new Promise((resolve) => setTimeout(resolve, STORE_RETRY_MS));
      }
    }
  };
  void open();
  return {
    reader() {
      if (reader === null) throw why;
      return reader;
    },
    close: async () => reader?.close(),
  };
}
