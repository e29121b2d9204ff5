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

export function createOnline(
  cache: Cache, universe: Pick<UniverseConfig, 'name' | 'instruments' | 'stepMs'>, clock: WallClock, events: OnlineEvents, mayWrite: () => boolean = () => true,
): Online {
  const known = new Set(universe.instruments);
  const names = featureSchema(universe.stepMs).features.map(({ name }) => name);
  /** Bytes of messages become text when they are written: those replaced before cost nothing. */
  const held = new Map<string, string | Uint8Array>();
  const changed = new Set<string>();
  let frame: Message | null = null;
  let heartbeat: string | null = null;
  let rounds = 0;
  let wholeAtMs = 0;

  const hold = (key: string, value: string | Uint8Array): void => {
    held.set(key, value);
    changed.add(key);
  };
  const holdFrame = (): void => {
    if (frame === null) return;
    const message = frame;
    frame = null;
    try {
      for (const { instrument, row } of frameRows(parseFrame(message.data), names)) hold(frameKey(universe.name, instrument), JSON.stringify(row));
    } catch (error) {
      events.unreadable(message.subject, error);
    }
  };
  const round = async (): Promise<void> => {
    const key = onlineKey(universe.name);
    const [standing] = await cache.get([key]);
    const nowMs = clock.nowUs() / 1_000;
    const lost = heartbeat === null || standing !== heartbeat;
    const whole = lost || nowMs - wholeAtMs >= REFRESH_MS;
    holdFrame();
    const taken = [...(whole ? held.keys() : changed)].map((name) => [name, held.get(name)!] as const);
    await cache.set(taken.map(([name, value]) => ({ key: name, value: typeof value === 'string' ? value : decoder.decode(value) })), EXPIRE_MS);
    for (const [name, value] of taken) if (held.get(name) === value) changed.delete(name);
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
    offer({ subject, body }) {
      const [, kind, venue, symbol] = subject.split('.');
      const instrument: InstrumentId = `${venue}.${symbol}`;
      if (known.has(instrument)) hold(latestKey(universe.name, kind as LatestKind, instrument), body);
    },
    offerFrame: (message) => void (frame = message),
    async run(signal) {
      while (!signal.aborted) {
        await tryRound();
        await clock.sleep(ROUND_MS, signal);
      }
      await Promise.race([tryRound(), clock.sleep(LAST_ROUND_MS)]);
    },
  };
}
