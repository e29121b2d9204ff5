/**
 * The first model of each universe, by itself, one after the other.
 *
 * Virtual time: training ends at the first frame at or after training.untilTs (T), uses only what was known by then, and
 * the promotion holds from T; inference waits there. Live: as soon as training.minMinutes of history is recorded.
 * The same data give the same file, so a restart in the middle changes nothing; a fenced MODELS event says it is done.
 */
import { championAt } from '../quant/champion.ts';
import type { Config, UniverseConfig } from '../runtime/config.ts';
import type { WallClock } from '../runtime/clock.ts';
import type { ServiceContext } from '../runtime/service.ts';
import type { Connection } from '../streams/edge/connect.ts';
import { followModelEvents } from '../streams/edge/modelEvents.ts';
import { lastOfSubject } from '../streams/edge/stored.ts';
import { parseFrame } from '../streams/messages/frame.ts';
import { FEATURES, HEADER, ticksStream } from '../streams/streams.ts';
import { featuresSubject } from '../streams/subjects.ts';
import type { HistoryReader } from '../store/history.ts';
import { openReader } from '../store/open.ts';
import { nameChampion, trainAndPromote } from './promote.ts';

const POLL_MS = 250;

export interface TrainerDeps {
  readonly connection: Connection;
  readonly config: Config;
  readonly context: ServiceContext;
  readonly wall: WallClock;
  readonly lightgbmLibrary: string | null;
}

export async function runTrainer(deps: TrainerDeps): Promise<void> {
  const { config, context } = deps;
  const stop = (): Promise<void> => new Promise((resolve) => context.signal.addEventListener('abort', () => resolve(), { once: true }));
  for (const universe of config.universes) {
    await firstModel(deps, universe);
    if (context.signal.aborted) return;
  }
  context.report({ state: 'running', detail: `the first model${config.universes.length > 1 ? ' of each universe' : ''} is there; \`foretick train\` makes the next` });
  await stop();
}

async function firstModel(deps: TrainerDeps, universe: UniverseConfig): Promise<void> {
  const { connection, config, context, wall } = deps;
  const { events } = await followModelEvents(connection, universe.name, context.signal);
  if (events.some((event) => event.kind === 'promoted')) {
    const champion = championAt(events, Infinity);
    if (champion !== null) await nameChampion(connection, universe.name, champion);
    return;
  }
  const reader = await whenOpened(config, context, wall);
  if (reader === null) return;
  if (await waitForHistory(deps, universe, reader)) {
    context.report({ state: 'running', detail: 'training the first model' });
    const model = await trainAndPromote({
      ...deps, universe, reader, untilTs: config.feed.virtual ? config.training.untilTs : null, fromFrame: config.feed.virtual ? null : wall.nowUs(), who: 'trainer', why: 'the first model of this universe',
      onProgress: (done, text) => context.report({ detail: `training: ${text} (${Math.round(done * 100)} %)` }),
    });
    context.log.info({ universe: universe.name, model }, 'first model promoted');
  }
  await reader.close();
}

/** The recorder creates the store; a moment after the first start there may be none to open yet. */
async function whenOpened(config: Config, context: ServiceContext, wall: WallClock): Promise<HistoryReader | null> {
  while (!context.signal.aborted) {
    try {
      return await openReader(config.store.url);
    } catch {
      context.report({ state: 'waiting', detail: 'waiting for the store' });
      await wall.sleep(POLL_MS, context.signal);
    }
  }
  return null;
}

/** True when the store holds what training needs; says meanwhile how long that takes. */
async function waitForHistory({ connection, config, context, wall }: TrainerDeps, universe: UniverseConfig, reader: HistoryReader): Promise<boolean> {
  const { feed, training } = config;
  let firstTs: number | null = null;
  /** Feed sequence that the store must have reached, once enough time has passed. */
  let neededSeq: number | null = null;
  while (!context.signal.aborted) {
    const last = await lastOfSubject(connection, FEATURES, featuresSubject(universe.name));
    if (last !== null) {
      const { ts } = parseFrame(last.data);
      firstTs ??= await firstKnownTs(reader, feed.name);
      const untilTs = feed.virtual ? training.untilTs : firstTs === null ? null : firstTs + training.minMinutes * 60e6;
      if (untilTs !== null && ts >= untilTs) neededSeq ??= Number(last.header(HEADER.inputSeq)) + 1;
      if (neededSeq !== null && (await reader.cursor(ticksStream(feed.name))) >= neededSeq) return true;
      if (untilTs !== null) context.report({ state: 'waiting', detail: neededSeq !== null ? 'the recorder is catching up' : `waiting for ${remaining(untilTs - ts)} more of ${feed.virtual ? 'market time' : 'history'}` });
    }
    await wall.sleep(POLL_MS, context.signal);
  }
  return false;
}

async function firstKnownTs(reader: HistoryReader, feed: string): Promise<number | null> {
  for await (const rows of reader.feedRows(feed, 1)) return rows[0]?.tsInit ?? null;
  return null;
}

const remaining = (us: number): string => (us >= 90e6 ? `${Math.ceil(us / 60e6)} minutes` : `${Math.ceil(us / 1e6)} seconds`);
