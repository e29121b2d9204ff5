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
import { Counter } from 'prom-client';
import type { WallClock } from '../../runtime/clock.ts';
import type { Config } from '../../runtime/config.ts';
import { messageOf } from '../../runtime/errors.ts';
import type { ServiceContext } from '../../runtime/service.ts';
import type { Connection } from '../../streams/edge/connect.ts';
import { lastPerSubject, readStream, type StoredMessage } from '../../streams/edge/consume.ts';
import { streamBounds } from '../../streams/edge/stored.ts';
import { FEATURES, OUTCOMES, PREDICTIONS, ticksStream } from '../../streams/streams.ts';
import { featuresSubject, predictionsSubject, scoresSubject } from '../../streams/subjects.ts';
import { createNewest, type Update } from './newest.ts';
import { openOnline } from './online.ts';
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
  const metrics = createMetrics(context);
  const newest = createNewest(universes.flatMap(({ instruments }) => instruments), metrics.unreadable);
  const online = await openOnline(connection, config, context, clock, metrics.unreadable);
  const publisher = createPublisher(connection, metrics.published);
  const bell = createBell();
  const cursors: Record<string, number> = {};

  function* updates(): Generator<Update> {
    for (const update of newest.drain(clock.nowUs() / 1_000)) {
      online.offer(update);
      yield update;
    }
  }
  const publish = async (): Promise<void> => {
    await publisher.publish(updates());
    context.report({ cursors });
  };
  const follow = (from: From, take: Take): Promise<void> => followNewest(connection, from, signal, (message) => {
    take(message);
    if (from.stream !== OUTCOMES) cursors[from.stream] = message.seq; // scores are few among the outcomes: it would look behind for ever
  });
  const takePrediction: Take = (message) => {
    newest.take(message);
    bell.ring();
  };

  context.report({ state: 'running' });
  const running = [follow({ stream: ticksStream(config.feed.name), subject: `ticks.${config.feed.name}.>`, reread: REREAD_TICKS, bunchMs: ROUND_MS }, newest.take), inRounds(publish, bell, clock, signal)];
  for (const { name } of universes) running.push(follow({ stream: PREDICTIONS, subject: predictionsSubject(name) }, takePrediction), follow({ stream: OUTCOMES, subject: scoresSubject(name) }, newest.take));
  for (const kept of online.universes) running.push(follow({ stream: FEATURES, subject: featuresSubject(kept.name) }, kept.online.offerFrame), kept.online.run(signal));
  try {
    await Promise.all(running);
  } finally {
    await online.close();
  }
}

interface From {
  readonly stream: string;
  readonly subject: string;
  /** Messages of the stream before its newest. */
  readonly reread?: number;
  readonly bunchMs?: number;
}

/** First the newest of each subject, then what comes. */
async function followNewest(connection: Connection, { stream, subject, reread = 0, bunchMs }: From, signal: AbortSignal, take: Take): Promise<void> {
  const fromSeq = Math.max(1, (await streamBounds(connection, stream)).lastSeq + 1 - reread);
  const before = await lastPerSubject(connection, stream, subject);
  before.filter(({ seq }) => seq < fromSeq).sort((a, b) => a.seq - b.seq).forEach(take);
  for await (const message of readStream(connection, { stream, fromSeq, filterSubjects: [subject], signal, ...(bunchMs === undefined ? {} : { bunchMs }) })) take(message);
}

/** Every ROUND_MS, and at once where the bell rings. While a backlog of forecasts goes by, one in ROUND_MS is told. */
async function inRounds(publish: () => Promise<void>, bell: Bell, clock: WallClock, signal: AbortSignal): Promise<void> {
  let toldUs = Number.NEGATIVE_INFINITY;
  while (!signal.aborted) {
    await publish();
    await Promise.race([clock.sleep(ROUND_MS, signal), bell.rung()]);
    const restMs = ROUND_MS - (clock.nowUs() - toldUs) / 1_000;
    if (bell.isRung() && restMs > 0) await clock.sleep(restMs, signal);
    if (bell.isRung()) toldUs = clock.nowUs();
    bell.reset();
  }
}

interface Bell { ring(): void; rung(): Promise<void>; isRung(): boolean; reset(): void }

/** Wakes the publisher: rung by what arrives, reset before what arrived is taken. */
function createBell(): Bell {
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
