/**
 * One connection to the venue, from dialling to its end. It subscribes, passes text frames on, watches for silence, and
 * never throws: it resolves with why it ended, in words for people. Reconnecting is the caller's business (live.ts).
 *
 * Binance's rules (WebSocket Streams, general information): at most 1,024 streams a connection, five requests a second,
 * the server closes after 24 hours and pings now and then (answered by the ws library).
 */
import { WebSocket } from 'ws';
import { messageOf } from '../../../runtime/errors.ts';
import type { WallClock } from '../../../runtime/clock.ts';
import { MAX_FRAME_CHARS } from './parse.ts';
import { createStaleness, type StalenessLimits } from './staleness.ts';

export interface ConnectionLimits extends StalenessLimits {
  readonly handshakeMs: number;
  /** For all subscriptions to be answered. */
  readonly subscribeMs: number;
  readonly checkEveryMs: number;
}

export interface ConnectionEvents {
  /** The venue has confirmed every stream. */
  onSubscribed(): void;
  /** True if it was a tick that is new. */
  onText(text: string): boolean;
  onDropped(reason: 'binary' | 'tooLarge'): void;
}

const STREAMS_PER_REQUEST = 100;
/** Four requests a second; the venue's limit is five. */
const REQUEST_EVERY_MS = 250;

export function runConnection(url: string, streams: readonly string[], events: ConnectionEvents, limits: ConnectionLimits, wall: WallClock, signal: AbortSignal): Promise<string> {
  const { promise, resolve } = Promise.withResolvers<string>();
  const socket = new WebSocket(url, { handshakeTimeout: limits.handshakeMs, perMessageDeflate: false, maxPayload: MAX_FRAME_CHARS });
  const startUs = wall.nowUs();
  const staleness = createStaleness(limits, startUs);
  const subscription = createSubscription(streams);
  let reason: string | null = null;
  const end = (why: string): void => {
    reason ??= why;
    socket.terminate();
  };
  const onAbort = (): void => end('stopped');
  const timer = setInterval(() => {
    const nowUs = wall.nowUs();
    const verdict = staleness.check(nowUs);
    if (verdict === 'dead') end(`no sign of life for ${limits.deadAfterMs / 1_000} s`);
    else if (verdict === 'quiet') end(`no tick for ${limits.quietAfterMs / 1_000} s`);
    else if (!subscription.isComplete() && nowUs - startUs > (limits.handshakeMs + limits.subscribeMs) * 1_000) end('the subscription was not answered');
    else if (verdict === 'ping' && socket.readyState === WebSocket.OPEN) socket.ping();
  }, limits.checkEveryMs);

  socket.on('open', () => void sendAll(socket, subscription.requests, wall, signal));
  socket.on('ping', () => staleness.sign(wall.nowUs()));
  socket.on('pong', () => staleness.sign(wall.nowUs()));
  socket.on('message', (data, isBinary) => {
    // After terminate() frames that were already read may still come: this connection has ended.
    if (reason !== null) return;
    staleness.sign(wall.nowUs());
    if (isBinary) return events.onDropped('binary');
    const text = data.toString();
    if (events.onText(text)) return staleness.tick(wall.nowUs());
    const refusal = subscription.answer(text, events.onSubscribed);
    if (refusal !== null) end(`the venue refused the subscription: ${refusal}`);
  });
  socket.on('error', (error) => {
    if ((error as { code?: unknown }).code === 'WS_ERR_UNSUPPORTED_MESSAGE_LENGTH') events.onDropped('tooLarge');
    end(explain(messageOf(error)));
  });
  socket.on('close', (code, text) => {
    clearInterval(timer);
    signal.removeEventListener('abort', onAbort);
    resolve((reason ?? `the venue closed the connection (${code}${text.length > 0 ? `: ${text.toString()}` : ''})`).slice(0, 200));
  });
  signal.addEventListener('abort', onAbort);
  if (signal.aborted) onAbort();
  return promise;
}

const sendAll = async (socket: WebSocket, requests: readonly string[], wall: WallClock, signal: AbortSignal): Promise<void> => {
  for (const [i, request] of requests.entries()) {
    if (i > 0) await wall.sleep(REQUEST_EVERY_MS, signal);
    if (socket.readyState !== WebSocket.OPEN) return;
    socket.send(request);
  }
};

/** The requests, and which of them are answered. */
function createSubscription(streams: readonly string[]) {
  const requests: string[] = [];
  for (let i = 0; i < streams.length; i += STREAMS_PER_REQUEST) {
    requests.push(JSON.stringify({ method: 'SUBSCRIBE', params: streams.slice(i, i + STREAMS_PER_REQUEST), id: requests.length + 1 }));
  }
  const open = new Set(requests.map((_, i) => i + 1));
  return {
    requests,
    isComplete: () => open.size === 0,
    /** The venue's refusal, if the text is one. */
    answer(text: string, onComplete: () => void): string | null {
      if (open.size === 0) return null;
      const reply = replyIn(text);
      if (reply === null || !open.delete(reply.id)) return null;
      if (reply.refusal !== null) return reply.refusal;
      if (open.size === 0) onComplete();
      return null;
    },
  };
}

/** {"result":null,"id":1} accepts; {"error":{"msg"},"id":1} refuses (older servers: {"code","msg","id":1}). */
function replyIn(text: string): { id: number; refusal: string | null } | null {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return null;
  }
  if (typeof value !== 'object' || value === null) return null;
  const { id, result, error, msg } = value as Record<string, unknown>;
  if (typeof id !== 'number') return null;
  if (result === null) return { id, refusal: null };
  const said = (error as { msg?: unknown } | undefined)?.msg ?? msg;
  return { id, refusal: typeof said === 'string' ? said : 'no reason given' };
}

/** What the commonest refusals mean. */
function explain(message: string): string {
  if (message.endsWith(' 451') || message.endsWith(' 403')) return `${message}: the venue doesn't serve this region or network`;
  if (message.endsWith(' 429') || message.endsWith(' 418')) return `${message}: too many connections from this address`;
  return message;
}
