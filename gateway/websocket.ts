/**
 * The sockets of /api/v1/stream: who may connect, and how bytes leave. What is said stands in hub.ts.
 *
 * 1. A socket with more than HIGH_WATER_BYTES unsent gets nothing new; what changed meanwhile stays owed, as newest values.
 * 2. A peer that doesn't answer a ping before the next one is due is dead. So is one that never reads: its ping waits too, and only
 *    an answer with that ping's own text counts.
 * 3. Refusals before the upgrade are plain HTTP answers with the API's error body; the socket ends with them, whatever its peer does.
 * 4. A peer that says more than its allowance, pongs that nobody asked for too, is closed: each subscription costs a snapshot, each ping a pong.
 */
import { randomUUID } from 'node:crypto';
import type { IncomingMessage, Server } from 'node:http';
import type { Duplex } from 'node:stream';
import { type RawData, type WebSocket, WebSocketServer } from 'ws';
import { STATUS_CODES } from '../runtime/http.ts';
import type { Guard } from './guard.ts';
import type { Hub } from './hub.ts';
import type { Sink } from './hubConnection.ts';
import { ApiRefusal } from './refusal.ts';

const STREAM_PATH = '/api/v1/stream';
export const MAX_CONNECTIONS = 200;
export const MAX_CLIENT_MESSAGE_BYTES = 64 * 1_024;
export const HIGH_WATER_BYTES = 256 * 1_024;
/** A message of ours fits one frame; each fragment is held until the last. */
const MAX_FRAGMENTS = 64;
/** Messages, pings and unasked pongs of a peer: so many at once, and so many a second on. */
export const BURST = 100;
const PER_SECOND = 20;
const PING_EVERY_MS = 7_000;
/** A dead peer is dropped at the second ping. */
export const DEAD_AFTER_MS = 2 * PING_EVERY_MS;
/** Close codes of RFC 6455. */
const GOING_AWAY = 1_001;
const POLICY_VIOLATION = 1_008;
const MAX_CLOSE_REASON_CHARS = 100;

export interface StreamOptions {
  readonly hub: Hub;
  readonly guard: Pick<Guard, 'refuseUpgrade'>;
  readonly pingEveryMs?: number;
  readonly maxConnections?: number;
}
export interface Stream {
  /** Says goodbye to every reader. */
  close(): void;
}

export function attachStream(server: Server, options: StreamOptions): Stream {
  const { hub } = options;
  const sockets = new WebSocketServer({ noServer: true, maxPayload: MAX_CLIENT_MESSAGE_BYTES, maxFragments: MAX_FRAGMENTS, perMessageDeflate: false });
  const asked: Asked = new WeakMap();

  server.on('upgrade', (request, socket, head) => {
    socket.on('error', () => socket.destroy());
    const refusal = refusalOf(request, options, hub.size);
    if (refusal !== null) return refuseUpgrade(socket, refusal);
    sockets.handleUpgrade(request, socket, head, (webSocket) => {
      serve(webSocket, socket, hub, asked);
    });
  });

  const timer = setInterval(() => {
    for (const webSocket of sockets.clients) {
      if (asked.has(webSocket)) {
        webSocket.terminate();
        continue;
      }
      const text = randomUUID();
      asked.set(webSocket, text);
      webSocket.ping(text);
    }
  }, options.pingEveryMs ?? PING_EVERY_MS);
  return {
    close() {
      clearInterval(timer);
      for (const webSocket of sockets.clients) webSocket.close(GOING_AWAY, 'the gateway stops');
      sockets.close();
    },
  };
}

function refusalOf(request: IncomingMessage, options: StreamOptions, connections: number): ApiRefusal | null {
  if (request.url?.split('?', 1)[0] !== STREAM_PATH) return new ApiRefusal(404, 'there is no WebSocket at this path', `It is at ${STREAM_PATH}.`);
  const max = options.maxConnections ?? MAX_CONNECTIONS;
  return options.guard.refuseUpgrade(request) ?? (connections >= max ? new ApiRefusal(503, `${max} readers are connected, which is the most`, 'Close one, or try again later.') : null);
}

function refuseUpgrade(socket: Duplex, refusal: ApiRefusal): void {
  const body = JSON.stringify(refusal.body);
  const head = [`HTTP/1.1 ${refusal.status} ${STATUS_CODES[refusal.status] ?? 'Refused'}`, 'Content-Type: application/json', `Content-Length: ${Buffer.byteLength(body)}`, 'Connection: close'];
  socket.once('finish', () => socket.destroy()); // a peer that never closes would keep it for ever
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`);
}

/** The text of the ping that a peer still has to answer. */
type Asked = WeakMap<WebSocket, string>;

function serve(webSocket: WebSocket, socket: Duplex, hub: Hub, asked: Asked): void {
  const sink: Sink = {
    hasRoom: () => webSocket.readyState === webSocket.OPEN && webSocket.bufferedAmount < HIGH_WATER_BYTES,
    send: (text) => webSocket.send(text, () => connection.flush()),
    together(sends) {
      socket.cork();
      try {
        sends();
      } finally {
        socket.uncork();
      }
    },
    end: (why) => webSocket.close(POLICY_VIOLATION, why.slice(0, MAX_CLOSE_REASON_CHARS)),
  };
  const connection = hub.connect(sink);
  const allowance = createAllowance();
  const allowed = (): boolean => {
    if (allowance(performance.now())) return true;
    connection.close();
    sink.end(`more than ${PER_SECOND} messages a second`);
    return false;
  };
  webSocket.on('message', (data: RawData, isBinary) => {
    if (allowed()) connection.receive(isBinary ? '' : data.toString());
  });
  webSocket.on('ping', allowed);
  webSocket.on('pong', (data) => {
    if (data.toString() === asked.get(webSocket)) asked.delete(webSocket);
    else allowed();
  });
  webSocket.on('close', () => connection.close());
  webSocket.on('error', () => webSocket.terminate());
}

/** False for a message beyond BURST at once and PER_SECOND after it. */
export function createAllowance(): (nowMs: number) => boolean {
  let left = BURST;
  let beforeMs: number | null = null;
  return (nowMs) => {
    left = Math.min(BURST, left + ((nowMs - (beforeMs ?? nowMs)) / 1_000) * PER_SECOND);
    beforeMs = nowMs;
    if (left < 1) return false;
    left -= 1;
    return true;
  };
}
