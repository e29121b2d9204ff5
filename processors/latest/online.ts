/** The shared cache, where one is configured: `latest` keeps it, and nothing here waits for it. Without one everything here does nothing. */
import { Counter, Gauge } from 'prom-client';
import { createOnline, type OnlineEvents } from '../../cache/online.ts';
import { openSharedCache } from '../../cache/open.ts';
import type { WallClock } from '../../runtime/clock.ts';
import type { Config } from '../../runtime/config.ts';
import type { ServiceContext } from '../../runtime/service.ts';
import type { Connection } from '../../streams/edge/connect.ts';
import { lastPerSubject } from '../../streams/edge/consume.ts';
import { LATEST } from '../../streams/streams.ts';
import type { Update } from './newest.ts';

/** Begins with what stands in LATEST: an instrument that is quiet now has its values there. */
export async function openOnline(connection: Connection, config: Config, context: ServiceContext, clock: WallClock, unreadable: OnlineEvents['unreadable']) {
  const cache = await openSharedCache(config.cache.url, Math.random);
  const events = createEvents(context, unreadable);
  const universes = cache === null ? [] : config.universes.map((universe) => ({ name: universe.name, online: createOnline(cache, universe, clock, events) }));
  const offer = (update: Update): void => {
    for (const { online } of universes) online.offer(update);
  };
  if (cache !== null) for (const { subject, data } of await lastPerSubject(connection, LATEST, 'latest.>')) offer({ subject, body: data });
  return { universes, offer, close: async (): Promise<void> => cache?.close() };
}

function createEvents({ metrics, log, report }: ServiceContext, unreadable: OnlineEvents['unreadable']): OnlineEvents {
  const registers = [metrics];
  const up = new Gauge({ name: 'foretick_cache_up', help: '1 while the shared cache takes what is written', registers });
  const written = new Counter({ name: 'foretick_cache_written_total', help: 'Values written to the shared cache', registers });
  const rebuilt = new Counter({ name: 'foretick_cache_rebuilt_total', help: 'Times the shared cache had lost its values and was filled again', registers });
  let isUp: boolean | null = null;
  return {
    written: (count) => written.inc(count),
    rebuilt() {
      rebuilt.inc();
      log.warn('the cache had lost what it held; it was filled again');
    },
    up() {
      if (isUp === true) return;
      isUp = true;
      up.set(1);
      log.info('the cache takes what is written');
      report({ detail: '' });
    },
    away(error) {
      if (isUp === false) return;
      isUp = false;
      up.set(0);
      log.warn({ hint: error.hint }, error.message);
      report({ detail: `${error.message}; its readers see older values, nothing else waits for it. ${error.hint}` });
    },
    unreadable,
  };
}
