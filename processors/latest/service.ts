/**
 * Ticks, predictions and scores → LATEST: what a reader sees first, and then as it changes. A projection: nothing reads
 * it but readers, and repeating it does no harm.
 *
 * 1. It begins at the newest: a restart publishes what stands now, not what happened meanwhile.
 * 2. It never has a backlog. Reading only replaces what is held; one publisher takes what is newest, publishes it, and
 *    takes again. When it is slow, values in between are skipped.
 * 3. What could not be published stays held, as its newest value: newest.ts and publisher.ts hold one entry a subject.
 */
import { Counter } from 'prom-client';
import type { WallClock } from '../../runtime/clock.ts';
import type { Config } from '../../runtime/config.ts';
import { messageOf } from '../../runtime/errors.ts';
import type { ServiceContext } from '../../runtime/service.ts';
import type { Connection } from '../../streams/edge/connect.ts';
import { lastPerSubject, readStream, type StoredMessage } from '../../streams/edge/consume.ts';
import { streamBounds } from '../../streams/edge/stored.ts';
import { OUTCOMES, PREDICTIONS, ticksStream } from '../../streams/streams.ts';
import { predictionsSubject, scoresSubject } from '../../streams/subjects.ts';
import { createNewest } from './newest.ts';
import { createPublisher } from './publisher.ts';

/** How often the publisher looks for what is new. */
const ROUND_MS = 50;
/** Ticks read again at a start: most instruments have a quote among them, so a price is whole from the first moment. */
const REREAD_TICKS = 5_000;
const MAX_COMPLAINTS = 20;


export async function runLatest(connection: Connection, config: Config, context: ServiceContext, clock: WallClock): Promise<void> {
  const { universe } = config;
  const { signal } = context;
  const feed = ticksStream(config.feed.name);
  const predictions = predictionsSubject(universe.name);
  const scores = scoresSubject(universe.name);
  const metrics = createMetrics(context);
  const newest = createNewest(universe.instruments, metrics.unreadable);
  const cursors: Record<string, number> = {};

  const follow = async (stream: string, subject: string, reread: number): Promise<void> => {
    const take = (message: StoredMessage): void => {
      newest.take(message);
      cursors[stream] = message.seq;
    };
    const fromSeq = Math.max(1, (await streamBounds(connection, stream)).lastSeq + 1 - reread);
    const before = await lastPerSubject(connection, stream, subject);
    before.filter(({ seq }) => seq < fromSeq).sort((a, b) => a.seq - b.seq).forEach(take);
    for await (const message of readStream(connection, { stream, fromSeq, filterSubjects: [subject], signal })) take(message);
  };
  const publish = async (): Promise<void> => {
    const publisher = createPublisher(connection, metrics.published);
    while (!signal.aborted) {
      newest.drain(clock.nowUs() / 1_000).forEach(publisher.offer);
      await publisher.publish();
      context.report({ cursors });
      await clock.sleep(ROUND_MS, signal);
    }
  };

  context.report({ state: 'running' });
  await Promise.all([follow(feed, `ticks.${config.feed.name}.>`, REREAD_TICKS), follow(PREDICTIONS, predictions, 0), follow(OUTCOMES, scores, 0), publish()]);
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
