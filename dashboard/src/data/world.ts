/**
 * Everything the pages read, alive from the first paint to the last: the session, the universes, one WebSocket, and the
 * instruments it feeds. Updates are merged and applied once per animation frame.
 */
import { batch, createSignal, type Accessor } from 'solid-js';
import type { HealthInfo, ServerMessage, UniverseInfo } from '../../../sdk/api.ts';
import type { LatestPrediction, LatestPrice, LatestScore } from '../../../streams/messages/latest.ts';
import { createFrameBatch } from './frameBatch.ts';
import { createInstrument, type Instrument } from './instrument.ts';
import { createRest, RequestFailure, type Rest } from './rest.ts';
import { createLink, type Link, type LinkState, type SocketLike } from './socket.ts';

export type Session = 'checking' | 'in' | 'out';
export interface World {
  readonly rest: Rest;
  readonly session: Accessor<Session>;
  /** Undefined until the first answer. */
  readonly universes: Accessor<readonly UniverseInfo[] | undefined>;
  /** Why the universes can't be read now. */
  readonly failure: Accessor<RequestFailure | null>;
  readonly link: Accessor<LinkState>;
  readonly health: Accessor<HealthInfo | undefined>;
  /** Undefined for what no universe holds. Tracks the list of universes. */
  instrument(id: string): Instrument | undefined;
  /** The newest market time seen in a universe, µs. */
  marketNow(universe: string): number | undefined;
  watch(instruments: readonly string[]): void;
  /** For every failed request: a login that ended leads to the login page. */
  noteFailure(failure: RequestFailure): void;
}

type Update =
  | { kind: 'price'; instrument: string; value: LatestPrice }
  | { kind: 'prediction'; instrument: string; value: LatestPrediction }
  | { kind: 'score'; instrument: string; value: LatestScore }
  | { kind: 'health'; value: HealthInfo };

const CHECK_AGAIN_MS = 5_000;

export function createWorld(): World {
  const rest = createRest((path, init) => fetch(path, { ...init, credentials: 'same-origin' }));
  const [session, setSession] = createSignal<Session>('checking');
  const [universes, setUniverses] = createSignal<readonly UniverseInfo[]>();
  const [failure, setFailure] = createSignal<RequestFailure | null>(null);
  const [linkState, setLinkState] = createSignal<LinkState>('connecting');
  const [health, setHealth] = createSignal<HealthInfo>();
  const [times, setTimes] = createSignal<ReadonlyMap<string, number>>(new Map());
  let instruments = new Map<string, Instrument>();
  let link: Link | null = null;
  let wanted: readonly string[] = [];

  const apply = (updates: readonly Update[]): void => batch(() => {
    const seen = new Map<string, number>();
    for (const update of updates) applyOne(update, seen);
    if (seen.size > 0) setTimes((now) => new Map([...now, ...seen]));
  });
  const applyOne = (update: Update, seen: Map<string, number>): void => {
    if (update.kind === 'health') return void setHealth(update.value);
    const instrument = instruments.get(update.instrument);
    if (instrument === undefined) return;
    if (update.kind === 'prediction') return instrument.setPrediction(update.value);
    if (update.kind === 'score') return instrument.setScore(update.value);
    instrument.setPrice(update.value);
    seen.set(instrument.universe, Math.max(update.value.ts, seen.get(instrument.universe) ?? 0));
  };
  const frames = createFrameBatch<Update>(apply, requestAnimationFrame, cancelAnimationFrame);
  const receive = (message: ServerMessage): void => {
    for (const update of updatesOf(message)) frames.add('instrument' in update ? `${update.kind}/${update.instrument}` : update.kind, update);
  };

  const adopt = (list: readonly UniverseInfo[]): void => {
    instruments = new Map(list.flatMap((universe) => universe.instruments.map((id) => [id, instruments.get(id) ?? createInstrument(id, universe.name)])));
    batch(() => {
      setUniverses(list);
      setFailure(null);
      setSession('in');
    });
    if (link === null) link = openLink();
    link.subscribe(wanted);
  };
  const openLink = (): Link => createLink({
    open: openSocket,
    onMessage: receive,
    onState: setLinkState,
    onLost: () => void check(),
    setTimer: (run, ms) => setTimeout(run, ms),
    clearTimer: (timer) => clearTimeout(timer as number | undefined),
    random: Math.random,
  });
  const noteFailure = (failed: RequestFailure): void => {
    if (failed.kind !== 'login' || session() === 'out') return;
    link?.close();
    link = null;
    frames.clear();
    setSession('out');
    again();
  };

  let checking = false;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const again = (): void => {
    clearTimeout(timer);
    timer = setTimeout(() => void check(), CHECK_AGAIN_MS);
  };
  async function check(): Promise<void> {
    if (checking) return;
    checking = true;
    try {
      const signal = AbortSignal.timeout(15_000);
      adopt(await rest.universes(signal));
      setHealth(await rest.health(signal));
    } catch (error) {
      const failed = error instanceof RequestFailure ? error : new RequestFailure('away', 'The gateway does not answer', 'This page tries again by itself.');
      setFailure(failed);
      noteFailure(failed);
      if (link === null) again();
    } finally {
      checking = false;
    }
  }
  // Whoever logs in from another tab comes back to this one: no need to make them wait.
  addEventListener('focus', () => {
    if (session() !== 'in') void check();
  });
  void check();

  return {
    rest, session, universes, failure, link: linkState, health, noteFailure,
    instrument: (id) => (universes() === undefined ? undefined : instruments.get(id)),
    marketNow: (universe) => times().get(universe),
    watch(list) {
      wanted = list;
      link?.subscribe(list);
    },
  };
}

function updatesOf(message: ServerMessage): Update[] {
  if (message.type === 'snapshot') {
    return message.instruments.flatMap(({ instrument, price, prediction, score }): Update[] => [
      ...(price === null ? [] : [{ kind: 'price' as const, instrument, value: price }]),
      ...(prediction === null ? [] : [{ kind: 'prediction' as const, instrument, value: prediction }]),
      ...(score === null ? [] : [{ kind: 'score' as const, instrument, value: score }]),
    ]);
  }
  if (message.type === 'health') return [{ kind: 'health', value: message.value }];
  if (message.type === 'price') return [{ kind: 'price', instrument: message.instrument, value: message.value }];
  if (message.type === 'prediction') return [{ kind: 'prediction', instrument: message.instrument, value: message.value }];
  if (message.type === 'score') return [{ kind: 'score', instrument: message.instrument, value: message.value }];
  return [];
}

function openSocket(): SocketLike {
  const url = new URL('/api/v1/stream', location.href);
  url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:';
  const socket = new WebSocket(url);
  const wrapped: SocketLike = { onopen: null, onmessage: null, onclose: null, send: (text) => socket.send(text), close: () => socket.close() };
  socket.onopen = () => wrapped.onopen?.();
  socket.onmessage = (event: MessageEvent<unknown>) => wrapped.onmessage?.(event);
  socket.onclose = () => wrapped.onclose?.();
  return wrapped;
}
