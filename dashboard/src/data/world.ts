/**
 * Everything the pages read, alive from the first paint to the last: the session, the universes, one stream, and the
 * instruments that it feeds. A login that ended closes the stream; a new login, in any tab, opens it again.
 */
import { batch, createSignal, type Accessor } from 'solid-js';
import type { HealthInfo, ServerMessage, UniverseInfo } from '../../../sdk/api.ts';
import { createClient, type Client } from '../../../sdk/client.ts';
import { openStream, type Stream, type StreamState } from '../../../sdk/stream.ts';
import { asFailure, isLoginFailure, type ApiFailure } from './failure.ts';
import type { Instrument } from './instrument.ts';
import { createMarketData } from './marketData.ts';

export type Session = 'checking' | 'in' | 'out';
export type LinkState = 'connecting' | 'open' | 'reconnecting';
export interface World {
  readonly client: Client;
  readonly session: Accessor<Session>;
  /** Undefined until the first answer. */
  readonly universes: Accessor<readonly UniverseInfo[] | undefined>;
  /** Why the universes can't be read now. */
  readonly failure: Accessor<ApiFailure | null>;
  readonly link: Accessor<LinkState>;
  readonly health: Accessor<HealthInfo | undefined>;
  /** How long no price came although the line is open and prices are wanted, s; 0 while they come. */
  readonly quietSeconds: Accessor<number>;
  /** Undefined for what no universe holds. Tracks the list of universes. */
  instrument(id: string): Instrument | undefined;
  /** The newest market time seen in a universe, µs. */
  marketNow(universe: string): number | undefined;
  /** Replaces the instruments whose updates are wanted. */
  watch(instruments: readonly string[]): void;
  /** For every failed request: a login that ended leads to the login page. */
  noteFailure(failure: ApiFailure): void;
}

const CHECK_AGAIN_MS = 5_000;
/** Quiet markets pause for a few seconds; longer than this is worth a word. */
const QUIET_AFTER_SECONDS = 10;

export function createWorld(): World {
  const client = createClient({ baseUrl: location.origin });
  const market = createMarketData(Date.now);
  const [session, setSession] = createSignal<Session>('checking');
  const [universes, setUniverses] = createSignal<readonly UniverseInfo[]>();
  const [failure, setFailure] = createSignal<ApiFailure | null>(null);
  const line = createLine(market.receive, () => check.now());

  const enter = (list: readonly UniverseInfo[]): void => {
    market.adopt(list);
    batch(() => {
      setUniverses(list);
      setFailure(null);
      setSession('in');
    });
    line.open();
  };
  const noteFailure = (failed: ApiFailure): void => {
    if (!isLoginFailure(failed)) return;
    line.close();
    market.dropWaiting();
    setSession('out');
    check.later();
  };
  const check = createCheck(async () => {
    try {
      enter(await client.universes());
      market.setHealth(await client.health());
    } catch (error) {
      setFailure(asFailure(error));
      noteFailure(asFailure(error));
      if (!line.isOpen()) check.later();
    }
  });
  const quietSeconds = watchQuiet(() => (session() === 'in' && line.awaitsPrices() ? market.lastPriceAtMs() : 0));
  // Whoever logs in from another tab comes back to this one: no need to make them wait.
  addEventListener('focus', () => {
    if (session() !== 'in') check.now();
  });
  check.now();

  return {
    client, session, universes, failure, link: line.link, health: market.health, quietSeconds, noteFailure, watch: line.watch,
    instrument: (id) => (universes() === undefined ? undefined : market.instrument(id)),
    marketNow: market.marketNow,
  };
}

/** The one stream. `onBroken`: whatever ended the line may have changed what is served, or ended the login. */
function createLine(onMessage: (message: ServerMessage) => void, onBroken: () => void) {
  const [link, setLink] = createSignal<LinkState>('connecting');
  let stream: Stream | null = null;
  let wanted: readonly string[] = [];
  const onState = (state: StreamState): void => {
    if (state === 'open') setLink('open');
    if (state === 'waiting') setLink('reconnecting');
    if (state === 'waiting' || state === 'unauthorised') onBroken();
  };
  return {
    link,
    isOpen: (): boolean => stream !== null,
    awaitsPrices: (): boolean => link() === 'open' && wanted.length > 0,
    open: (): void => void (stream ??= openStream({ baseUrl: location.origin, instruments: wanted, onMessage, onState })),
    close(): void {
      stream?.close();
      stream = null;
    },
    watch(instruments: readonly string[]): void {
      wanted = instruments;
      stream?.subscribe(instruments);
    },
  };
}

/** One at a time. `run` throws nothing. */
function createCheck(run: () => Promise<void>) {
  let running: Promise<void> | null = null;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const now = (): void => void (running ??= run().finally(() => (running = null)));
  return {
    now,
    later(): void {
      clearTimeout(timer);
      timer = setTimeout(now, CHECK_AGAIN_MS);
    },
  };
}

/** Seconds of silence, looked at once a second; `lastMs` is 0 while silence would mean nothing. */
function watchQuiet(lastMs: () => number): Accessor<number> {
  const [quietSeconds, setQuietSeconds] = createSignal(0);
  setInterval(() => {
    const last = lastMs();
    const seconds = last === 0 ? 0 : Math.floor((Date.now() - last) / 1_000);
    setQuietSeconds(seconds > QUIET_AFTER_SECONDS ? seconds : 0);
  }, 1_000);
  return quietSeconds;
}
