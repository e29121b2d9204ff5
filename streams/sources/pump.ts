/**
 * From a source into its feed.
 *
 *  1. A virtual source is a pure function of its input, and message n of it has sequence n: what is stored is skipped,
 *     and the last stored one must equal ours, or the feed was made from something else (CorruptError). Where retention
 *     has taken even the last one there is nothing to compare: it is said, and the source goes on at its place.
 *  2. A live source can't be read again: what passed while nobody ran is a gap, said before anything else.
 *  3. Everything published is acknowledged within FLUSH_EVERY_MS, and before each wait: a lost server or a second owner
 *     is noticed at once, not when the window is full.
 *  4. After `end` the service stays, so that its health can be asked.
 */
import { Counter } from 'prom-client';
import type { WallClock } from '../../runtime/clock.ts';
import type { Config } from '../../runtime/config.ts';
import { crashPoint } from '../../runtime/crashPoint.ts';
import { CorruptError } from '../../runtime/errors.ts';
import { BEHIND, type ServiceContext } from '../../runtime/service.ts';
import { fromInstrumentId } from '../instrument.ts';
import type { FeedPublisher } from '../edge/feedPublisher.ts';
import type { Status } from '../messages/control.ts';
import { encodeFeedMessage, type FeedMessage, parseFeedMessage } from '../messages/feed.ts';
import { ticksStream } from '../streams.ts';
import { createPacer } from './pace.ts';
import type { Source } from './source.ts';

const FLUSH_EVERY_MS = 100;
/** Timers are no finer; a message due sooner is due now. */
const SHORTEST_WAIT_MS = 1;
const ENDED = { recording: 'the recording has ended', simulated: 'the simulation has ended', live: 'the source has ended' } as const;

type Feed = Pick<Config['feed'], 'name' | 'speed' | 'fastUntil'>;
export type PumpContext = Pick<ServiceContext, 'signal' | 'log' | 'metrics' | 'report'>;

/** Returns when the signal aborts. */
export async function pump(source: Source, publisher: FeedPublisher, feed: Feed, wall: WallClock, context: PumpContext): Promise<void> {
  const { signal } = context;
  const sender = createSender(source, publisher, feed, wall, context);
  context.log.info({ source: source.title, stored: publisher.lastSeq }, 'publishing');
  let skip = source.kind === 'live' ? 0 : publisher.lastSeq;
  const running = { state: 'running', detail: source.title } as const;
  context.report({ ...(skip > 0 ? BEHIND : running), cursors: { [ticksStream(feed.name)]: publisher.lastSeq } });
  if (skip > 0 && publisher.lastMessage === null) context.log.warn({ stored: skip }, 'every message of the feed has expired: that it was made from this source can\'t be checked');
  if (source.kind === 'live' && publisher.lastMessage !== null) await sender.send([notRunning(publisher.lastMessage.tsInit, wall.nowUs())]);
  for await (const chunk of source.messages(signal)) {
    if (skip > 0 && skip <= chunk.length) {
      if (publisher.lastMessage !== null) mustBeStored(feed.name, chunk[skip - 1]!, publisher.lastMessage);
      context.report(running);
    }
    const fresh = chunk.slice(skip);
    skip = Math.max(0, skip - chunk.length);
    await sender.send(fresh);
  }
  await publisher.flush();
  if (signal.aborted) return;
  if (skip > 0) throw otherSource(feed.name, `it holds ${skip} messages more than the source`);
  context.log.info({ ...source.counts }, ENDED[source.kind]);
  context.report({ state: 'running', detail: ENDED[source.kind] });
  await aborted(signal);
}

const aborted = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => (signal.aborted ? resolve() : signal.addEventListener('abort', () => resolve(), { once: true })));

/** Publishes at the pace asked for, in order, and reports. */
function createSender(source: Source, publisher: FeedPublisher, feed: Feed, wall: WallClock, { signal, metrics, report }: PumpContext) {
  const count = createMetrics(source, metrics);
  const pacer = createPacer(source.kind === 'live' ? null : feed.speed, feed.fastUntil);
  const stream = ticksStream(feed.name);
  const standing = createStanding(source);
  let seq = publisher.lastSeq;
  let flushedUs = wall.nowUs();

  const flush = async (): Promise<void> => {
    await publisher.flush();
    flushedUs = wall.nowUs();
  };
  const publish = async (messages: readonly FeedMessage[]): Promise<void> => {
    if (messages.length === 0) return;
    crashPoint('source.publish.before');
    await publisher.publish(messages);
    crashPoint('source.publish.after');
    seq += messages.length;
    for (const message of messages) count(message.type);
    if (wall.nowUs() - flushedUs >= FLUSH_EVERY_MS * 1_000) await flush();
    report({ cursors: { [stream]: seq }, counts: countsOf(source), ...standing(messages) });
  };
  return {
    async send(messages: readonly FeedMessage[]): Promise<void> {
      let from = 0;
      for (const [i, { tsInit }] of messages.entries()) {
        const waitMs = pacer.waitMs(tsInit, wall.nowUs());
        if (waitMs < SHORTEST_WAIT_MS) continue;
        await publish(messages.slice(from, i));
        from = i;
        await flush();
        await wall.sleep(waitMs, signal);
        if (signal.aborted) return;
      }
      await publish(messages.slice(from));
    },
  };
}

/** Trades, quotes, and what was dropped, by reason: since the source's beginning where it is read again at each start. */
function countsOf({ counts: { trades, quotes, dropped } }: Source): Record<string, number> {
  return { trades, quotes, ...Object.fromEntries(Object.entries(dropped).map(([reason, count]) => [`dropped: ${reason}`, count])) };
}

/** What messages mean for whoever asks how the source is: which of its venues are not connected, and why. */
function createStanding({ instruments, title }: Source): (messages: readonly FeedMessage[]) => { state?: 'running' | 'waiting'; detail?: string } {
  const venues = [...new Set(instruments.map((instrument) => fromInstrumentId(instrument).venue))];
  const away = new Map<string, string>();
  return (messages) => {
    let changed = false;
    for (const message of messages) {
      if (message.type !== 'status') continue;
      const { status } = message;
      if (status.kind !== 'connected' && status.kind !== 'disconnected') continue;
      changed = true;
      for (const venue of status.venue === undefined ? venues : [status.venue]) {
        if (status.kind === 'connected') away.delete(venue);
        else away.set(venue, status.detail ?? 'no reason given');
      }
    }
    if (!changed) return {};
    if (away.size === 0) return { state: 'running', detail: title };
    const reasons = `not connected: ${venues.length === 1 ? [...away.values()][0] : [...away].map(([venue, why]) => `${venue} (${why})`).join(', ')}`;
    // What the others send goes on.
    return away.size === venues.length ? { state: 'waiting', detail: reasons } : { state: 'running', detail: `${title}; ${reasons}` };
  };
}

function createMetrics(source: Source, registry: ServiceContext['metrics']): (type: FeedMessage['type']) => void {
  const messages = new Counter({ name: 'foretick_source_messages_total', help: 'Messages published to the feed by this process.', labelNames: ['type'], registers: [registry] });
  new Counter({
    name: 'foretick_source_dropped_total', help: 'What the source received and did not take, by reason.', labelNames: ['reason'], registers: [registry],
    collect() {
      this.reset();
      for (const [reason, dropped] of Object.entries(source.counts.dropped)) this.inc({ reason }, dropped);
    },
  });
  return (type) => messages.inc({ type });
}

function notRunning(lastUs: number, nowUs: number): Status {
  const tsInit = Math.max(lastUs, nowUs);
  return { v: 1, type: 'status', tsInit, status: { kind: 'gap', from: lastUs, to: tsInit, reason: 'the source was not running' } };
}

function mustBeStored(feed: string, ours: FeedMessage, stored: FeedMessage): void {
  const { subject, body } = encodeFeedMessage(feed, ours);
  // Through the parser, because it decides the order of the fields.
  const same = JSON.stringify(parseFeedMessage(subject, body)) === JSON.stringify(stored);
  if (!same) throw otherSource(feed, 'its last message is not one of this source');
}

const otherSource = (feed: string, why: string): CorruptError =>
  new CorruptError(`${ticksStream(feed)} was made from another source: ${why}`, 'Use the source that this data folder was started with, or another folder (--data).');
