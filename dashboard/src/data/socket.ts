/**
 * The page's one WebSocket: reconnects with jittered back-off, subscribes again, and notices a line that went quiet.
 *
 * 1. At most one socket and one timer exist at a time; `close` leaves neither.
 * 2. After every opening the last subscription is sent, and a snapshot follows: nothing is merged with what was before.
 * 3. A message that doesn't parse is counted and dropped; it never ends the stream.
 *
 * Sockets, timers and randomness are arguments.
 */
import { serverMessage, type ClientMessage, type ServerMessage } from '../../../sdk/api.ts';

export type LinkState = 'connecting' | 'open' | 'reconnecting' | 'closed';
/** What a browser's WebSocket offers of use here. */
export interface SocketLike {
  onopen: (() => void) | null;
  onmessage: ((event: { data: unknown }) => void) | null;
  onclose: (() => void) | null;
  send(text: string): void;
  close(): void;
}
export interface LinkOptions {
  readonly open: () => SocketLike;
  readonly onMessage: (message: ServerMessage) => void;
  readonly onState: (state: LinkState) => void;
  /** A socket was lost or could not be opened: the moment to ask whether the login still holds. */
  readonly onLost: () => void;
  readonly setTimer: (run: () => void, ms: number) => unknown;
  readonly clearTimer: (timer: unknown) => void;
  readonly random: () => number;
}
export interface Link {
  subscribe(instruments: readonly string[]): void;
  unreadable(): number;
  close(): void;
}

const FIRST_RETRY_MS = 500;
const LAST_RETRY_MS = 15_000;
const OPEN_WITHIN_MS = 10_000;
const PING_EVERY_MS = 10_000;
/** Pings without any answer before the line counts as dead. */
const UNANSWERED_PINGS = 2;

export const retryAfterMs = (attempt: number, random: number): number => Math.min(LAST_RETRY_MS, FIRST_RETRY_MS * 2 ** Math.min(attempt, 10)) * (0.5 + random / 2);

export function createLink(options: LinkOptions): Link {
  let socket: SocketLike | null = null;
  let timer: unknown = null;
  let wanted: readonly string[] = [];
  let state: LinkState = 'connecting';
  let attempt = 0;
  let unanswered = 0;
  let unreadable = 0;

  const become = (next: LinkState): void => {
    state = next;
    options.onState(next);
  };
  const after = (ms: number, run: () => void): void => {
    options.clearTimer(timer);
    timer = options.setTimer(run, ms);
  };
  const send = (message: ClientMessage): void => socket?.send(JSON.stringify(message));
  const sendWanted = (): void => {
    if (wanted.length > 0) send({ type: 'subscribe', instruments: [...wanted] });
  };
  const lose = (): void => {
    drop();
    if (state === 'closed') return;
    become('reconnecting');
    after(retryAfterMs(attempt, options.random()), connect);
    attempt += 1;
    options.onLost();
  };
  const drop = (): void => {
    if (socket === null) return;
    const old = socket;
    socket = null;
    old.onopen = old.onmessage = old.onclose = null;
    old.close();
  };
  const watch = (): void => {
    if (unanswered >= UNANSWERED_PINGS) return lose();
    unanswered += 1;
    send({ type: 'ping' });
    after(PING_EVERY_MS, watch);
  };
  function connect(): void {
    const opened = options.open();
    socket = opened;
    opened.onopen = () => {
      unanswered = 0;
      become('open');
      sendWanted();
      after(PING_EVERY_MS, watch);
    };
    opened.onmessage = ({ data }) => {
      // Only an answer proves the line: a gateway that accepts and hangs up at once must not be called twice a second.
      attempt = unanswered = 0;
      const message = read(data);
      if (message === null) unreadable += 1;
      else options.onMessage(message);
    };
    opened.onclose = lose;
    after(OPEN_WITHIN_MS, lose);
  }

  become('connecting');
  connect();
  return {
    subscribe(instruments) {
      wanted = instruments;
      if (state === 'open') sendWanted();
    },
    unreadable: () => unreadable,
    close() {
      become('closed');
      options.clearTimer(timer);
      drop();
    },
  };
}

function read(data: unknown): ServerMessage | null {
  if (typeof data !== 'string') return null;
  try {
    const result = serverMessage.safeParse(JSON.parse(data));
    return result.success ? result.data : null;
  } catch {
    return null;
  }
}
