/**
 * Ticks, predictions and scores → LATEST: what a reader sees first, and then as it changes. A projection: nothing reads
 * it but readers, and repeating it does no harm.
 *
 * 1. It begins at the newest: a restart publishes what stands now, not what happened meanwhile.
 * 2. It never has a backlog. Reading only replaces what is held; one publisher takes what is newest, publishes it, and
 *    takes again. When it is slow, values in between are skipped.
 *    A forecast is told at once, at most every ROUND_MS, and by itself: prices and scores wait for a round of their own.
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

  function* offered(updates: Iterable<Update>): Generator<Update> {
    for (const update of updates) {
      online.offer(update);
      yield update;
    }
  }
  const publish = async (updates: Iterable<Update>): Promise<void> => {
    await publisher.publish(offered(updates));
    context.report({ cursors });
  };
  const rounds: Rounds = { forecasts: () => publish(newest.forecasts()), rest: () => publish(newest.rest(clock.nowUs() / 1_000)) };
  const follow = (from: From, take: Take): Promise<void> => followNewest(connection, from, signal, (message) => {
    take(message);
    if (from.stream !== OUTCOMES) cursors[from.stream] = message.seq; // scores are few among the outcomes: it would look behind for ever
  });
  const takePrediction: Take = (message) => {
    newest.take(message);
    bell.ring();
  };

  context.report({ state: 'running' });
  const running = [follow({ stream: ticksStream(config.feed.name), subject: `ticks.${config.feed.name}.>`, reread: REREAD_TICKS, bunchMs: ROUND_MS }, newest.take), inRounds(rounds, bell, clock, signal)];
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

interface Rounds { forecasts(): Promise<void>; rest(): Promise<void> }

/**
 * Every ROUND_MS, and forecasts at once where the bell rings: prices that left with them would stand in their way at the server and at
 * the gateway. While a backlog of forecasts goes by, one in ROUND_MS is told.
 */
async function inRounds(rounds: Rounds, bell: Bell, clock: WallClock, signal: AbortSignal): Promise<void> {
  const leftMs = (sinceUs: number): number => ROUND_MS - (clock.nowUs() - sinceUs) / 1_000;
  let toldUs = Number.NEGATIVE_INFINITY;
  let roundUs = Number.NEGATIVE_INFINITY;
  while (!signal.aborted) {
    if (bell.isRung() && leftMs(toldUs) <= 0) {
      toldUs = clock.nowUs();
      bell.reset();
      await rounds.forecasts();
    }
    if (leftMs(roundUs) <= 0) {
      roundUs = clock.nowUs();
      await rounds.rest();
    }
    if (bell.isRung() && leftMs(toldUs) <= 0) continue; // it came while the rest was told
    const nextMs = Math.max(0, Math.min(leftMs(roundUs), bell.isRung() ? leftMs(toldUs) : ROUND_MS));
    await Promise.race([clock.sleep(nextMs, signal), bell.nextRing()]);
  }
}

interface Bell { ring(): void; /** Until it rings next. One may wait. */ nextRing(): Promise<void>; isRung(): boolean; reset(): void }

/** Wakes the publisher: rung by what arrives, reset before what arrived is taken. */
function createBell(): Bell {
  let wake = (): void => undefined;
  let rung = false;
  return {
    ring() {
      if (rung) return; // who was woken comes by itself; a backlog would wake it for each forecast
      rung = true;
      wake();
    },
    // A promise a wait: one that outlives many waits would hold them all.
    nextRing: () => new Promise((resolve) => (wake = resolve)),
    isRung: () => rung,
    reset: () => void (rung = false),
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
