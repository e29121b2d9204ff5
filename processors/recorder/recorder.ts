/**
 * The recorder: every stream into the history, from the store's own cursors on. The store decides what is recorded:
 * nothing is acknowledged to the server, so a crash anywhere costs a re-read, never a row.
 */
import { wallClock } from '../../runtime/clock.ts';
import type { Config } from '../../runtime/config.ts';
import { messageOf, RetryError } from '../../runtime/errors.ts';
import type { ServiceContext } from '../../runtime/service.ts';
import type { Journal } from '../../streams/journal.ts';
import { readStream } from '../../streams/edge/consume.ts';
import { mustHold } from '../../streams/edge/stored.ts';
import { createBars } from '../../quant/bars.ts';
import type { HistoryStore, StoreWatch } from '../../store/history.ts';
import { openStore } from '../../store/open.ts';
import { type Collector, createModelsCollector, createOutcomesCollector, createPredictionsCollector, createTicksCollector, resumeBars, settledSeq } from './collect.ts';
import { createEvents, createWatch, type RecorderEvents } from './events.ts';
import { recordStream, withHint } from './record.ts';

/** How much the store keeps, in the feed's known time, so that an old recording isn't pruned for being old. */
const KEEP_US = 30 * 24 * 3_600_000_000;
const FIRST_PRUNE_MS = 60_000;
const PRUNE_EVERY_MS = 3_600_000;
const OPEN_RETRY_MS = 1_000;

export async function runRecorder(journal: Journal, config: Config, context: ServiceContext, open: (url: string, watch: StoreWatch) => HistoryStore = openStore): Promise<void> {
  const events = createEvents(context, journal);
  const watch = createWatch(context);
  const store = await openWhenThere(() => open(config.store.url, watch), events, context);
  if (store === null) return;
  const stop = new AbortController();
  const signal = AbortSignal.any([context.signal, stop.signal]);
  const running: Promise<void>[] = [];
  try {
    let knownTs = 0;
    const onKnownTs = (ts: number): void => void (knownTs = Math.max(knownTs, ts));
    const bars = createBars();
    const settled = await settledSeq(store, config.feed.name);
    const collectors = [createTicksCollector(config.feed.name, bars, onKnownTs), createPredictionsCollector(), createOutcomesCollector(), createModelsCollector()];
    const starts = await Promise.all(collectors.map((collector) => startOf(journal, store, collector)));
    await resumeBars(store, config.feed.name, bars, settled, starts[0]!.cursor, onKnownTs);
    events.opened(Object.fromEntries(starts.map(({ collector, cursor }) => [collector.stream, cursor])));
    context.report({ state: 'running' });
    for (const { collector, cursor } of starts) {
      const source = readStream(journal, { stream: collector.stream, fromSeq: cursor + 1, signal });
      running.push(recordStream({ source, fromSeq: cursor + 1, collector, store, clock: wallClock, events, signal }));
    }
    running.push(pruneNowAndThen(store, () => knownTs - KEEP_US, signal, context));
    await Promise.all(running);
  } finally {
    stop.abort();
    await Promise.allSettled(running);
    await store.close();
  }
}

async function openWhenThere(open: () => HistoryStore, events: RecorderEvents, context: ServiceContext): Promise<HistoryStore | null> {
  while (!context.signal.aborted) {
    let store: HistoryStore | null = null;
    try {
      store = open();
      await store.cursor(''); // a server that is away shows only when it is asked
      return store;
    } catch (error) {
      await store?.close();
      if (!(error instanceof RetryError)) throw error;
      context.report({ state: 'waiting' });
      events.away(withHint(error), OPEN_RETRY_MS);
      await wallClock.sleep(OPEN_RETRY_MS, context.signal);
    }
  }
  return null;
}

const OTHER_HINT = 'Is the store one of another data folder? Then name a history of its own: --store with another file, or with another NAME in questdb:http://…/NAME. If the server has lost its end: restore a backup (./foretick restore), or start with a new data folder and a new history.';

/** A store that is ahead of the stream, or holds another message there: its sequences mean other messages than the server's. Throws CorruptError. */
async function startOf(journal: Journal, store: HistoryStore, collector: Collector): Promise<{ collector: Collector; cursor: number }> {
  const cursor = await store.cursor(collector.stream);
  await mustHold(journal, collector.stream, cursor, (message) => collector.mayHold(store, message), OTHER_HINT);
  return { collector, cursor };
}

async function pruneNowAndThen(store: HistoryStore, beforeTs: () => number, signal: AbortSignal, context: ServiceContext): Promise<void> {
  await wallClock.sleep(FIRST_PRUNE_MS, signal);
  while (!signal.aborted) {
    try {
      await store.prune(beforeTs());
    } catch (error) {
      if (!(error instanceof RetryError)) throw error;
      context.log.warn(`old rows were not deleted, the next try is in an hour: ${messageOf(error)}`);
    }
    await wallClock.sleep(PRUNE_EVERY_MS, signal);
  }
}
