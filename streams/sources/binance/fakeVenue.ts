/**
 * Test support: a venue on the loopback that behaves as Binance does on its bad days. It plays a script of recorded
 * frames and faults over as many connections as that takes; each connection must subscribe before it hears anything.
 */
import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { type WebSocket, WebSocketServer } from 'ws';

export type Step =
  /** The next frames of the recording. */
  | { do: 'send'; count: number }
  /** A while in which nothing happens. */
  | { do: 'wait'; ms: number }
  /** Frames that pass while nobody listens. */
  | { do: 'miss'; count: number }
  /** The last frames once more. */
  | { do: 'repeat'; count: number }
  | { do: 'raw'; data: string | Buffer }
  /** Half of the next frame's bytes, then the line is cut. The frame stays the next one. */
  | { do: 'cutMidFrame' }
  | { do: 'close'; reason: string }
  /** Nothing more, not even pongs, until the client leaves. */
  | { do: 'playDead' }
  /** Nothing more, but pings are answered. */
  | { do: 'fallQuiet' }
  /** The next dial is answered with this HTTP status. */
  | { do: 'refuseDial'; status: number }
  /** The next subscription is answered with an error. */
  | { do: 'refuseSubscription' };

export interface FakeVenue {
  readonly url: string;
  /** Of each SUBSCRIBE that arrived: the streams. */
  readonly subscriptions: string[][];
  dials(): number;
  close(): Promise<void>;
}

export async function startFakeVenue(frames: readonly string[], script: readonly Step[]): Promise<FakeVenue> {
  const server = createServer();
  const sockets = new WebSocketServer({ noServer: true, autoPong: false });
  const subscriptions: string[][] = [];
  const play = createPlayer(frames, script);
  let dials = 0;
  server.on('upgrade', (request: IncomingMessage, line: Duplex, head: Buffer) => {
    dials++;
    line.on('error', () => undefined);
    const refusal = play.takeIf('refuseDial');
    if (refusal) return void line.end(`HTTP/1.1 ${refusal.status} refused\r\nConnection: close\r\n\r\n`);
    sockets.handleUpgrade(request, line, head, (socket) => serve(socket, line, subscriptions, play));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `ws://127.0.0.1:${(server.address() as AddressInfo).port}/stream`,
    subscriptions,
    dials: () => dials,
    async close() {
      for (const client of sockets.clients) client.terminate();
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

type Player = ReturnType<typeof createPlayer>;

function serve(socket: WebSocket, line: Duplex, subscriptions: string[][], play: Player): void {
  let alive = true;
  socket.on('error', () => undefined);
  socket.on('ping', () => alive && socket.pong());
  socket.on('message', (data) => {
    const request = JSON.parse(data.toString()) as { method: string; params: string[]; id: number };
    subscriptions.push(request.params);
    if (play.takeIf('refuseSubscription')) return socket.send(JSON.stringify({ error: { code: 2, msg: 'Invalid request' }, id: request.id }));
    socket.send(JSON.stringify({ result: null, id: request.id }));
    void play.run(socket, line).then((dead) => (alive = !dead));
  });
}

function createPlayer(frames: readonly string[], script: readonly Step[]) {
  let step = 0;
  let next = 0;
  const sendAll = async (socket: WebSocket, texts: readonly string[]): Promise<void> => {
    for (const [i, text] of texts.entries()) {
      socket.send(text);
      if (i % 50 === 49) await new Promise((resolve) => setImmediate(resolve));
    }
  };
  return {
    takeIf<K extends Step['do']>(kind: K): Extract<Step, { do: K }> | null {
      const at = script[step];
      if (at?.do !== kind) return null;
      step++;
      return at as Extract<Step, { do: K }>;
    },
    /** Plays until a step ends the connection, or the script ends. True: the venue plays dead. */
    async run(socket: WebSocket, line: Duplex): Promise<boolean> {
      for (let at = script[step]; at !== undefined && socket.readyState === socket.OPEN; at = script[step]) {
        if (at.do === 'refuseDial' || at.do === 'refuseSubscription') return false;
        step++;
        if (at.do === 'send') await sendAll(socket, frames.slice(next, (next += at.count)));
        else if (at.do === 'wait') await new Promise((resolve) => setTimeout(resolve, at.ms));
        else if (at.do === 'miss') next += at.count;
        else if (at.do === 'repeat') await sendAll(socket, frames.slice(Math.max(0, next - at.count), next));
        else if (at.do === 'raw') socket.send(at.data);
        else if (at.do === 'cutMidFrame') {
          cut(line, frames[next]!);
          return false;
        }
        else if (at.do === 'close') socket.close(1008, at.reason);
        else return at.do === 'playDead';
      }
      return false;
    },
  };
}

/** A text frame that announces more bytes than come (RFC 6455, 5.2). */
function cut(line: Duplex, text: string): void {
  const payload = Buffer.from(text);
  const header = Buffer.from([0x81, 126, payload.length >> 8, payload.length & 0xff]);
  line.write(Buffer.concat([header, payload.subarray(0, payload.length >> 1)]), () => line.destroy());
}
