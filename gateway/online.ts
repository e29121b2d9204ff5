/**
 * The gateway's side of the online store. With `memory:`, the default, the store is a map in this process, kept by the code that
 * keeps a Redis (cache/online.ts) from LATEST and FEATURES, as long as `latest` lives; a new start fills it from the streams.
 * With Redis, `latest` writes it, and gateways only read.
 */
import { Counter, Gauge } from 'prom-client';
import { MAX_ENTRIES } from '../cache/cache.ts';
import { createMemoryCache } from '../cache/memory.ts';
import { createOnline, type OnlineEvents, ROUND_MS } from '../cache/online.ts';
import { openSharedCache } from '../cache/open.ts';
import type { WallClock } from '../runtime/clock.ts';
import type { RetryError } from '../runtime/errors.ts';
import type { ServiceContext } from '../runtime/service.ts';
import type { OnlineInfo, UniverseInfo } from '../sdk/api.ts';
import type { Connection } from '../streams/edge/connect.ts';
import { readStream } from '../streams/edge/consume.ts';
import { lastOfSubject } from '../streams/edge/stored.ts';
import { FEATURES } from '../streams/streams.ts';
import { featuresSubject } from '../streams/subjects.ts';
import type { GatewayData } from './data.ts';
import { createOnlineReader } from './onlineReader.ts';

interface OnlineStoreOptions {
  readonly connection: Connection;
  readonly universes: readonly UniverseInfo[];
  readonly url: string;
  readonly clock: WallClock;
  readonly context: ServiceContext;
  isLatestAlive(): boolean;
  onUnreadable(): void;
}
export interface OnlineStore {
  reader(data: Pick<GatewayData, 'latest' | 'latestFrame' | 'featureNames'>): GatewayData['online'];
  /** A message of LATEST. */
  keep(update: { readonly subject: string; readonly body: Uint8Array }): void;
  /** Until the signal aborts. */
  run(signal: AbortSignal): Promise<void>;
  close(): Promise<void>;
}

export async function openOnlineStore({ connection, universes, url, clock, context, isLatestAlive, onUnreadable }: OnlineStoreOptions): Promise<OnlineStore> {
  const shared = await openSharedCache(url, Math.random);
  const cache = shared ?? createMemoryCache(universes.length * MAX_ENTRIES, () => clock.nowUs() / 1_000);
  const nothing = (): void => undefined; // a map is never away
  const events: OnlineEvents = { written: nothing, rebuilt: nothing, up: nothing, away: nothing, unreadable: onUnreadable };
  const kept = shared !== null ? [] : universes.map((universe) => ({ name: universe.name, online: createOnline(cache, universe, clock, events, isLatestAlive) }));
  const told = createAnswerEvents(context, shared !== null);
  return {
    reader: (data) => createOnlineReader({ ...data, cache, kind: shared === null ? 'memory' : 'redis', isWritten: isLatestAlive, ...told, onUnreadable }),
    keep(update) {
      for (const { online } of kept) online.offer(update);
    },
    async run(signal) {
      await Promise.all(kept.flatMap(({ name, online }) => [online.run(signal), followFrames(connection, name, online.offerFrame, signal)]));
    },
    close: () => cache.close(),
  };
}

/** From the newest frame on. */
async function followFrames(connection: Connection, universe: string, take: (message: { subject: string; data: Uint8Array }) => void, signal: AbortSignal): Promise<void> {
  const subject = featuresSubject(universe);
  const newest = await lastOfSubject(connection, FEATURES, subject);
  for await (const message of readStream(connection, { stream: FEATURES, fromSeq: newest?.seq ?? 1, filterSubjects: [subject], bunchMs: ROUND_MS, signal })) take(message);
}

function createAnswerEvents({ metrics, log }: ServiceContext, isShared: boolean) {
  const registers = [metrics];
  const answers = new Counter({ name: 'foretick_gateway_online_total', help: 'Answers of /online, by where their values came from', labelNames: ['from'], registers });
  const up = isShared ? new Gauge({ name: 'foretick_cache_up', help: '1 while the shared cache answers', registers }) : null;
  let isUp: boolean | null = null;
  const is = (now: boolean, tell: () => void): void => {
    up?.set(now ? 1 : 0);
    if (isUp !== now) tell();
    isUp = now;
  };
  return {
    onAnswer(from: OnlineInfo['from']) {
      answers.inc({ from });
      if (from !== 'streams') is(true, () => isShared && log.info('the cache answers'));
    },
    onAway: (error: RetryError): void => is(false, () => log.warn({ hint: error.hint }, `${error.message}; readers get what the gateway reads of the streams itself`)),
  };
}
