/**
 * The live stream, kept open: snapshot, then updates; the same again after each reconnect.
 *
 * 1. It reconnects for ever with jittered exponential back-off (BACKOFF_FIRST_MS doubling to BACKOFF_MAX_MS, each times
 *    0.5 to 1), which begins anew only after a connection has brought a message.
 * 2. A connection that is silent for SILENT_MS although it was pinged is given up: half-open links say nothing.
 * 3. When the token isn't valid it stops and says so: asking again would not help.
 */
import { ApiFailure, createClient, type ClientOptions } from './client.ts';
import { type ClientMessage, type ServerMessage, serverMessage } from './api.ts';

export const BACKOFF_FIRST_MS = 250;
export const BACKOFF_MAX_MS = 10_000;
export const PING_EVERY_MS = 4_000;
/** Three pings: one that is lost, or a late answer, is no reason. */
export const SILENT_MS = 12_000;

/** `unauthorised` is final; the others change as the link does. */
export type StreamState = 'connecting' | 'open' | 'waiting' | 'unauthorised' | 'closed';

export interface StreamOptions extends ClientOptions {
  /** Instrument ids; `['*']` is all. */
  readonly instruments: readonly string[];
  onMessage(message: ServerMessage): void;
  onState?(state: StreamState): void;
  readonly WebSocket?: typeof WebSocket;
  /** In [0, 1). */
  readonly random?: () => number;
}
export interface Stream {
  /** Replaces the set. */
  subscribe(instruments: readonly string[]): void;
  close(): void;
}

export const backoffMs = (attempt: number, random: number): number =>
  Math.min(BACKOFF_MAX_MS, BACKOFF_FIRST_MS * 2 ** Math.min(attempt, 16)) * (0.5 + random / 2);

export function openStream(options: StreamOptions): Stream {
  let wanted = [...options.instruments];
  let state: StreamState | null = null;
  let link: Link | null = null;

  const enter = (next: StreamState): void => {
    if (state === next || state === 'closed') return;
    state = next;
    options.onState?.(next);
  };
  const redial = createRedial(() => dial(), options.random ?? Math.random);
  const subscribe = (): void => link?.send({ type: 'subscribe', instruments: wanted });
  const dial = (): void => {
    enter('connecting');
    link = openLink(options, {
      onOpen() {
        enter('open');
        subscribe();
      },
      onMessage(message) {
        redial.beginAnew();
        if (state !== 'closed') options.onMessage(message);
      },
      onLost: (wasOpen) => void lost(wasOpen),
    });
  };
  const lost = async (wasOpen: boolean): Promise<void> => {
    link = null;
    if (state === 'closed') return;
    // A WebSocket doesn't tell why it was refused; REST does.
    enter(!wasOpen && (await isUnauthorised(options)) ? 'unauthorised' : 'waiting');
    if (state === 'waiting') redial.later();
  };

  dial();
  return {
    subscribe(instruments) {
      wanted = [...instruments];
      subscribe();
    },
    close() {
      enter('closed');
      redial.cancel();
      link?.close();
    },
  };
}

function createRedial(dial: () => void, random: () => number) {
  let attempt = 0;
  let timer: ReturnType<typeof setTimeout> | undefined;
  return {
    later: (): void => void (timer = setTimeout(dial, backoffMs(attempt++, random()))),
    /** The next wait is the shortest again. */
    beginAnew: (): void => void (attempt = 0),
    cancel: (): void => clearTimeout(timer),
  };
}

const isUnauthorised = (options: ClientOptions): Promise<boolean> =>
  createClient(options).health().then(() => false, (error: unknown) => error instanceof ApiFailure && error.status === 401);

interface Link {
  /** Sent only while it is open: what is wanted is said again at each opening. */
  send(message: ClientMessage): void;
  close(): void;
}

function openLink(options: StreamOptions, on: { onOpen(): void; onMessage(message: ServerMessage): void; onLost(wasOpen: boolean): void }): Link {
  const url = new URL('/api/v1/stream', options.baseUrl);
  url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:';
  const Socket = options.WebSocket ?? WebSocket;
  // Browsers can't send headers, and have the cookie; Node's WebSocket takes them as an extension.
  const socket = options.token === undefined ? new Socket(url) : new Socket(url, { headers: { authorization: `Bearer ${options.token}` } } as unknown as string[]);
  let silence: ReturnType<typeof setTimeout> | undefined;
  let wasOpen = false;
  let over = false;
  const send = (message: ClientMessage): void => {
    if (socket.readyState === socket.OPEN) socket.send(JSON.stringify(message));
  };
  const pings = setInterval(() => send({ type: 'ping' }), PING_EVERY_MS);
  const end = (): void => {
    if (over) return;
    over = true;
    clearInterval(pings);
    clearTimeout(silence);
    socket.close();
    on.onLost(wasOpen);
  };
  const heard = (): void => {
    clearTimeout(silence);
    silence = setTimeout(end, SILENT_MS);
  };
  heard();
  socket.onopen = () => {
    heard();
    wasOpen = true;
    on.onOpen();
  };
  socket.onmessage = (event) => {
    if (over) return;
    heard();
    const message = parseServer(event.data);
    if (message !== null) on.onMessage(message);
  };
  socket.onclose = end;
  socket.onerror = end;
  return { send, close: end };
}

/** null for messages that this version doesn't know: they are ignored, as unknown fields are. */
function parseServer(data: unknown): ServerMessage | null {
  if (typeof data !== 'string') return null;
  try {
    return serverMessage.safeParse(JSON.parse(data)).data ?? null;
  } catch {
    return null;
  }
}
