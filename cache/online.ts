/**
 * Keeps a cache at the newest of everything of a universe: `latest` a shared one, the gateway its own.
 *
 * 1. It holds one newest value a key. While the cache is away values are replaced, not queued; nobody waits for it.
 * 2. Each round looks at the heartbeat that it wrote in the round before. If that isn't what stands there (the cache was
 *    emptied, restarted, or set back to an older copy), and after every failure, everything is written again.
 * 3. Everything is written again each REFRESH_MS too, so keys expire only when nobody keeps them: EXPIRE_MS after the end.
 *    Who keeps for somebody else (the gateway for `latest`) stops with them: `mayWrite`.
 */
import { featureSchema } from '../quant/frames/schema.ts';
import type { WallClock } from '../runtime/clock.ts';
import type { UniverseConfig } from '../runtime/config.ts';
import { RetryError } from '../runtime/errors.ts';
import type { InstrumentId } from '../streams/instrument.ts';
import { parseFrame } from '../streams/messages/frame.ts';
import type { LatestKind } from '../streams/subjects.ts';
import { type Cache, frameKey, latestKey, onlineKey } from './cache.ts';
import { frameRows } from './frameRows.ts';

/** Readers of a cache poll; ten a second is as fresh as they see. */
export const ROUND_MS = 100;
export const EXPIRE_MS = 120_000;
const REFRESH_MS = 40_000;
const decoder = new TextDecoder();
/** The service's drain waits no longer than this for a last round, ms. */
const LAST_ROUND_MS = 1_000;

export interface OnlineEvents {
  written(count: number): void;
  /** Everything was written again, because the cache had lost it. */
  rebuilt(): void;
  up(): void;
  away(error: RetryError): void;
  unreadable(subject: string, error: unknown): void;
}
interface Update { readonly subject: string; readonly body: Uint8Array }
interface Message { readonly subject: string; readonly data: Uint8Array }
export interface Online {
  /** A message of LATEST, or one that goes there. Those of other universes are passed over. */
  offer(update: Update): void;
  offerFrame(message: Message): void;
  run(signal: AbortSignal): Promise<void>;
}

type Universe = Pick<UniverseConfig, 'name' | 'instruments' | 'stepMs'>;

export function createOnline(cache: Cache, universe: Universe, clock: WallClock, events: OnlineEvents, mayWrite: () => boolean = () => true): Online {
  const held = createHeld(universe, events);
  let heartbeat: string | null = null;
  let rounds = 0;
  let wholeAtMs = 0;

  const round = async (): Promise<void> => {
    const key = onlineKey(universe.name);
    const [standing] = await cache.get([key]);
    const nowMs = clock.nowUs() / 1_000;
    const lost = heartbeat === null || standing !== heartbeat;
    const whole = lost || nowMs - wholeAtMs >= REFRESH_MS;
    const taken = held.take(whole);
    await cache.set(taken.map(([name, value]) => ({ key: name, value: typeof value === 'string' ? value : decoder.decode(value) })), EXPIRE_MS);
    held.written(taken);
    const next = JSON.stringify({ v: 1, round: ++rounds, at: clock.nowUs() });
    await cache.set([{ key, value: next }], EXPIRE_MS);
    if (whole) wholeAtMs = nowMs;
    if (lost && heartbeat !== null) events.rebuilt();
    heartbeat = next;
    events.written(taken.length);
    events.up();
  };
  const tryRound = async (): Promise<void> => {
    if (!mayWrite()) return;
    try {
      await round();
    } catch (error) {
      if (!(error instanceof RetryError)) throw error;
      heartbeat = null;
      events.away(error);
    }
  };

  return {
    offer: held.offer,
    offerFrame: held.offerFrame,
    async run(signal) {
      while (!signal.aborted) {
        await tryRound();
        await clock.sleep(ROUND_MS, signal);
      }
      await Promise.race([tryRound(), clock.sleep(LAST_ROUND_MS)]);
    },
  };
}

/** Bytes of messages become text when they are written: those replaced before cost nothing. */
type Entry = readonly [key: string, value: string | Uint8Array];

/** The newest value of each key, and which of them the cache lacks. */
function createHeld({ name, instruments, stepMs }: Universe, events: Pick<OnlineEvents, 'unreadable'>) {
  const known = new Set(instruments);
  const names = featureSchema(stepMs).features.map((feature) => feature.name);
  const values = new Map<Entry[0], Entry[1]>();
  const changed = new Set<string>();
  let frame: Message | null = null;

  const hold = (...[key, value]: Entry): void => {
    values.set(key, value);
    changed.add(key);
  };
  const holdFrame = ({ subject, data }: Message): void => {
    try {
      for (const { instrument, row } of frameRows(parseFrame(data), names)) hold(frameKey(name, instrument), JSON.stringify(row));
    } catch (error) {
      events.unreadable(subject, error);
    }
  };
  return {
    offer({ subject, body }: Update): void {
      const [, kind, venue, symbol] = subject.split('.');
      const instrument: InstrumentId = `${venue}.${symbol}`;
      if (known.has(instrument)) hold(latestKey(name, kind as LatestKind, instrument), body);
    },
    offerFrame: (message: Message): void => void (frame = message),
    /** All of them, or those that the cache lacks. */
    take(whole: boolean): Entry[] {
      if (frame !== null) holdFrame(frame);
      frame = null;
      return [...(whole ? values.keys() : changed)].map((key) => [key, values.get(key)!]);
    },
    /** The cache has these now, and lacks what replaced one meanwhile. */
    written(taken: readonly Entry[]): void {
      for (const [key, value] of taken) if (values.get(key) === value) changed.delete(key);
    },
  };
}
