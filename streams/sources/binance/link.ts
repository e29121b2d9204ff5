/**
 * The link to one venue, kept up for as long as it takes: what comes over it goes, stamped, into the venue's entrance.
 *
 *  1. It is renewed on an error, on silence (staleness.ts) and after the venue's own 24 hours, waiting as backoff.ts
 *     says. Every connection subscribes anew.
 *  2. A new tick comes out once: the parser outlives connections and drops ids it has seen.
 *  3. Statuses in order, each with the venue's name: `disconnected` at the start and with each reason, `connected` when the
 *     venue has confirmed every stream, then `gap` from the last tick before the loss to that moment.
 */
import type { WallClock } from '../../../runtime/clock.ts';
import type { Status } from '../../messages/control.ts';
import type { Source } from '../source.ts';
import { type BackoffLimits, createBackoff } from './backoff.ts';
import { type ConnectionLimits, runConnection } from './connection.ts';
import type { Entrance } from './inbox.ts';
import type { BinanceParser, BinanceVenue } from './parse.ts';

export interface LinkLimits extends ConnectionLimits, BackoffLimits {
  /** A connection that lasted this long resets the back-off. Binance bans addresses that dial 300 times in 5 minutes. */
  readonly stableMs: number;
}

/** A venue as it is read: where, what, and into what. */
export interface Link {
  readonly venue: BinanceVenue;
  readonly url: string;
  readonly streams: readonly string[];
  readonly parser: BinanceParser;
  readonly entrance: Entrance;
  /** Of the whole source. */
  readonly counts: Source['counts'];
  /** The time of arrival, never back. */
  now(): number;
}

/** Resolves after the abort, when nothing is open any more. */
export async function keepLink(link: Link, random: () => number, limits: LinkLimits, wall: WallClock, signal: AbortSignal): Promise<void> {
  const { url, streams, venue, now } = link;
  const receiver = createReceiver(link);
  const backoff = createBackoff(limits, random);
  let gapFromUs = now();
  let gapReason = 'before the first connection';
  let said = `connecting to ${new URL(url).host}`;
  receiver.status({ kind: 'disconnected', venue, detail: said }, gapFromUs);
  while (!signal.aborted) {
    let subscribedUs: number | null = null;
    let lastTickUs = 0;
    const ended = await runConnection(url, streams, {
      onSubscribed() {
        subscribedUs = now();
        receiver.status({ kind: 'connected', venue, detail: `${streams.length} streams` }, subscribedUs);
        receiver.status({ kind: 'gap', venue, from: gapFromUs, to: subscribedUs, reason: gapReason }, subscribedUs);
      },
      onText(text) {
        const isTick = receiver.text(text);
        if (isTick) lastTickUs = now();
        return isTick;
      },
      onDropped: receiver.dropped,
    }, limits, wall, signal);
    if (signal.aborted) return;
    if (subscribedUs !== null) {
      gapFromUs = Math.max(subscribedUs, lastTickUs);
      gapReason = ended;
      if (now() - subscribedUs >= limits.stableMs * 1_000) backoff.reset();
    }
    // A venue that stays away is reported once a reason, not once an attempt.
    if (subscribedUs !== null || ended !== said) receiver.status({ kind: 'disconnected', venue, detail: ended }, now());
    said = ended;
    await wall.sleep(backoff.nextMs(), signal);
  }
}

/** From frames to the entrance: stamps, parses, counts. */
function createReceiver({ parser, entrance, counts, now }: Link) {
  const dropped = (reason: string): void => void (counts.dropped[reason] = (counts.dropped[reason] ?? 0) + 1);
  return {
    dropped,
    /** True if it was a tick that is new. */
    text(text: string): boolean {
      const parsed = parser.parse(text, now());
      if (parsed === null) return false;
      if ('dropped' in parsed) {
        dropped(parsed.dropped);
        return false;
      }
      if (parsed.type !== 'trade' && parsed.type !== 'quote') return false;
      if (!entrance.push(parsed)) dropped('overflow');
      else if (parsed.type === 'trade') counts.trades++;
      else counts.quotes++;
      return true;
    },
    status: (status: Status['status'], tsInit: number) => void entrance.push({ v: 1, type: 'status', tsInit, status }),
  };
}
