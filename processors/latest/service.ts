/**
 * Ticks, predictions and scores → LATEST: what a reader sees first, and then as it changes. A projection: nothing reads
 * it but readers, and repeating it does no harm.
 *
 * 1. It begins at the newest: a restart publishes what stands now, not what happened meanwhile.
 * 2. It never has a backlog. Reading only replaces what is held; one publisher takes what is newest, publishes it, and
 *    takes again. When it is slow, values in between are skipped.
 *    A forecast is told at once, at most every ROUND_MS; prices and scores wait for the next round.
 * 3. What could not be published stays held, as its newest value: newest.ts and publisher.ts hold one entry a subject.
 * 4. Where a shared cache is configured it is given the same, and feature rows; nothing here waits for it (online.ts).
 */
import { Counter, Gauge } from 'prom-client';
import { createOnline, type Online, type OnlineEvents } from '../../cache/online.ts';
import { openSharedCache } from '../../cache/open.ts';
import type { WallClock } from '../../runtime/clock.ts';
import type { Config } from '../../runtime/config.ts';
import { messageOf } from '../../runtime/errors.ts';
import type { ServiceContext } from '../../runtime/service.ts';
import type { Connection } from '../../streams/edge/connect.ts';
import { lastPerSubject, readStream, type StoredMessage } from '../../streams/edge/consume.ts';
import { streamBounds } from '../../streams/edge/stored.ts';
import { FEATURES, LATEST, OUTCOMES, PREDICTIONS, ticksStream } from '../../streams/streams.ts';
import { featuresSubject, predictionsSubject, scoresSubject } from '../../streams/subjects.ts';
import { createNewest, type Update } from './newest.ts';
import { createPublisher } from './publisher.ts';

/** How often the publisher looks for what is new. */
const ROUND_MS = 50;
/** Ticks read again at a start: most instruments have a quote among them, so a price is whole from the first moment. */
const REREAD_TICKS = 5_000;
const MAX_COMPLAINTS = 20;
type Take = (message: StoredMessage) => void;

export async function runLatest(connection: Connection, config: Config, context: ServiceContext, clock: WallClock): Promise<void> {
  const { universes } = config;
  const { signal } = context;
  const feed = ticksStream(config.feed.name);
  const metrics = createMetrics(context);
  const newest = createNewest(universes.flatMap(({ instruments }) => instruments), metrics.unreadable);
  const cursors: Record<string, number> = {};

  const bell = createBell();
  const takeNewest: Take = (message) => newest.take(message);
  const takePrediction: Take = (message) => {
    newest.take(message);
    bell.ring();
  };
  const follow = async (stream: string, subject: string, reread: number, handle: Take, bunchMs?: number): Promise<void> => {
    const take: Take = (message) => {
      handle(message);
      if (stream !== OUTCOMES) cursors[stream] = message.seq; // scores are few among the outcomes: it would look behind for ever
    };
    const fromSeq = Math.max(1, (await streamBounds(connection, stream)).lastSeq + 1 - reread);
    const before = await lastPerSubject(connection, stream, subject);
    before.filter(({ seq }) => seq < fromSeq).sort((a, b) => a.seq - b.seq).forEach(take);
    for await (const message of readStream(connection, { stream, fromSeq, filterSubjects: [subject], signal, ...(bunchMs === undefined ? {} : { bunchMs }) })) take(message);
  };
  const cache = openSharedCache(config.cache.url, Math.random);
  const onlineEvents = createOnlineEvents(context, metrics.unreadable);
  const online = cache === null ? [] : universes.map((universe) => ({ universe, online: createOnline(cache, universe, clock, onlineEvents) }));
  if (online.length > 0) await offerStanding(connection, online.map((entry) => entry.online));
  function* updates(): Generator<Update> {
    for (const update of newest.drain(clock.nowUs() / 1_000)) {
      for (const entry of online) entry.online.offer(update);
      yield update;
    }
  }
  const publish = async (): Promise<void> => {
    const publisher = createPublisher(connection, metrics.published);
    let toldUs = Number.NEGATIVE_INFINITY;
    while (!signal.aborted) {
      await publisher.publish(updates());
      context.report({ cursors });
      await Promise.race([clock.sleep(ROUND_MS, signal), bell.rung()]);
      // While a backlog of forecasts goes by, one in ROUND_MS is told.
      const restMs = ROUND_MS - (clock.nowUs() - toldUs) / 1_000;
      if (bell.isRung() && restMs > 0) await clock.sleep(restMs, signal);
      if (bell.isRung()) toldUs = clock.nowUs();
      bell.reset();
    }
  };

  context.report({ state: 'running' });
  const running = [follow(feed, `ticks.${config.feed.name}.>`, REREAD_TICKS, takeNewest, ROUND_MS), publish()];
  for (const { name } of universes) running.push(follow(PREDICTIONS, predictionsSubject(name), 0, takePrediction), follow(OUTCOMES, scoresSubject(name), 0, takeNewest));
  for (const entry of online) running.push(follow(FEATURES, featuresSubject(entry.universe.name), 0, entry.online.offerFrame), entry.online.run(signal));
  try {
    await Promise.all(running);
  } finally {
    await cache?.close();
  }
}

/** Wakes the publisher: rung by what arrives, reset before what arrived is taken. */
function createBell(): { ring(): void; rung(): Promise<void>; isRung(): boolean; reset(): void } {
  let next = Promise.withResolvers<void>();
  let rung = false;
  return {
    ring() {
      rung = true;
      next.resolve();
    },
    rung: () => next.promise,
    isRung: () => rung,
    reset() {
      rung = false;
      next = Promise.withResolvers<void>();
    },
  };
}

/** What stands in LATEST: an instrument that is quiet now has its values there. */
async function offerStanding(connection: Connection, onlines: readonly Online[]): Promise<void> {
  for (const { subject, data } of await lastPerSubject(connection, LATEST, 'latest.>')) for (const online of onlines) online.offer({ subject, body: data });
}

function createOnlineEvents({ metrics, log, report }: ServiceContext, unreadable: OnlineEvents['unreadable']): OnlineEvents {
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

function createMetrics({ metrics, log }: ServiceContext) {
  const published = new Counter({ name: 'foretick_latest_published_total', help: 'Messages stored in LATEST', registers: [metrics] });
  const unreadable = new Counter({ name: 'foretick_latest_unreadable_total', help: 'Input messages that could not be read', registers: [metrics] });
  let complaints = 0;
  return {
    published: (count: number) => published.inc(count),
    unreadable: (subject: string, error: unknown) => {
      unreadable.inc();
      if (++complaints <= MAX_COMPLAINTS) log.warn({ subject }, `skipped: ${messageOf(error)}`);
    },
  };
}
