/**
 * A gateway with an invented market, for looking at the dashboard and testing it without the rest of foretick. Speaks
 * sdk/api.ts over REST and WebSocket, serves a built dashboard under a policy stricter than the real one (no inline
 * style), and wants a login: /login?token=dev; /logout ends it.
 */
import { readFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { extname, join, normalize } from 'node:path';
import { WebSocketServer, type WebSocket } from 'ws';
import { clientMessage, type ServerMessage, type UniverseInfo } from '../../sdk/api.ts';
import { createAnswers, START_TS, type Answers } from './answers.ts';
import { createMarket, type Market } from './market.ts';

export interface DevGatewayOptions { readonly distDir: string; readonly port: number; readonly symbols: number; readonly market: UniverseInfo['market']; readonly withModel: boolean }
export interface DevGateway {
  readonly port: number;
  readonly loginUrl: string;
  stop(): Promise<void>;
}

const TYPES: Record<string, string> = { '.html': 'text/html; charset=utf-8', '.js': 'text/javascript', '.css': 'text/css', '.svg': 'image/svg+xml', '.woff2': 'font/woff2' };
const POLICY = "default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self'; object-src 'none'; base-uri 'none'; frame-ancestors 'none'";
const BEAT_MS = 250;
const BEATS_A_FRAME = 4;

const loggedIn = (request: IncomingMessage): boolean => /(^|; )dev=1/.test(request.headers.cookie ?? '');

export async function startDevGateway(options: DevGatewayOptions): Promise<DevGateway> {
  const market = createMarket(7, options.symbols, START_TS, options.withModel);
  const answers = createAnswers(market, options.market, options.withModel);
  const server = createServer((request, response) => void serve(request, response, answers, options.distDir));
  const sockets = new WebSocketServer({ noServer: true });
  const wanted = new Map<WebSocket, readonly string[]>();
  server.on('upgrade', (request, socket, head) => {
    if (!loggedIn(request)) return void socket.end('HTTP/1.1 401 Unauthorized\r\n\r\n');
    sockets.handleUpgrade(request, socket, head, (opened) => greet(opened, wanted, market, answers));
  });
  let beat = 0;
  const timer = setInterval(() => {
    beat += 1;
    const frame = beat % BEATS_A_FRAME === 0;
    if (frame) market.step();
    for (const [socket, instruments] of wanted) {
      if (frame) tell(socket, { type: 'health', value: answers.health() });
      for (const instrument of instruments) {
        tell(socket, { type: 'price', instrument, value: market.price(instrument) });
        if (frame) tell(socket, { type: 'prediction', instrument, value: market.prediction(instrument) });
      }
    }
  }, BEAT_MS);
  await new Promise<void>((resolve) => server.listen(options.port, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    port,
    loginUrl: `http://127.0.0.1:${port}/login?token=dev`,
    async stop() {
      clearInterval(timer);
      for (const socket of wanted.keys()) socket.terminate();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

const tell = (socket: WebSocket, message: ServerMessage): void => socket.send(JSON.stringify(message));

function greet(socket: WebSocket, wanted: Map<WebSocket, readonly string[]>, market: Market, answers: Answers): void {
  wanted.set(socket, []);
  socket.on('close', () => wanted.delete(socket));
  socket.on('message', (text) => {
    const message = clientMessage.parse(JSON.parse(String(text)));
    if (message.type === 'ping') return tell(socket, { type: 'pong' });
    wanted.set(socket, message.instruments);
    tell(socket, {
      type: 'snapshot',
      instruments: message.instruments.map((instrument) => ({ instrument, price: market.price(instrument), prediction: market.prediction(instrument), score: { v: 1, frameTs: market.nowTs(), scores: answers.scoresOf(instrument) } })),
    });
  });
}

async function serve(request: IncomingMessage, response: ServerResponse, answers: Answers, distDir: string): Promise<void> {
  const url = new URL(request.url ?? '/', 'http://localhost');
  const json = (status: number, body: unknown): void => void response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
  const leave = (cookie: string): void => void response.writeHead(303, { location: '/', 'set-cookie': cookie }).end();
  if (url.pathname === '/login' && url.searchParams.get('token') === 'dev') return leave('dev=1; Path=/; HttpOnly; SameSite=Strict');
  if (url.pathname === '/logout') return leave('dev=; Path=/; Max-Age=0');
  if (url.pathname.startsWith('/api/v1/')) {
    if (!loggedIn(request)) return json(401, { error: 'no valid token', hint: 'Open the login link.' });
    const body = answers.answer(url.pathname.slice('/api/v1/'.length), url.searchParams);
    return body === undefined ? json(404, { error: 'there is no such path in the API', hint: '' }) : json(200, body);
  }
  const file = extname(url.pathname) in TYPES ? normalize(url.pathname) : '/index.html';
  const bytes = await readFile(join(distDir, file)).catch(() => null);
  if (bytes === null) return json(404, { error: 'there is no such file', hint: 'Build the dashboard first: npm run build' });
  response.writeHead(200, { 'content-type': TYPES[extname(file)], 'content-security-policy': POLICY }).end(bytes);
}
