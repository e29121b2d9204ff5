/**
 * A gateway with an invented market, for looking at the dashboard without running foretick. Speaks sdk/api.ts over REST
 * and WebSocket, serves dashboard/dist under the policy that the real gateway uses, and wants a login.
 *
 *   node dashboard/dev/gateway.ts [--port 8099] [--symbols 8] [--market simulated|recording|live] [--no-model]
 *
 * Log in at /login?token=dev; /dev/logout ends the login, /dev/mute stops all data for 40 s.
 */
import { readFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { extname, join, normalize } from 'node:path';
import { parseArgs } from 'node:util';
import { WebSocketServer, type WebSocket } from 'ws';
import { clientMessage, type HealthInfo, type ModelsInfo, type ServerMessage, type UniverseInfo } from '../../sdk/api.ts';
import { createMarket, HORIZONS_MS, MODEL } from './market.ts';

const { values: options } = parseArgs({
  options: { port: { type: 'string', default: '8099' }, symbols: { type: 'string', default: '8' }, market: { type: 'string', default: 'simulated' }, 'no-model': { type: 'boolean', default: false } },
});
const DIST = join(import.meta.dirname, '../dist');
const TYPES: Record<string, string> = { '.html': 'text/html; charset=utf-8', '.js': 'text/javascript', '.css': 'text/css', '.svg': 'image/svg+xml', '.woff2': 'font/woff2' };
const START_TS = Date.UTC(2026, 10, 24, 14, 0, 0) * 1_000;
const withModel = !options['no-model'];
const market = createMarket(7, Number(options.symbols), START_TS, withModel);
const TITLES: Record<string, string> = { simulated: 'Simulated market, seed 7, a planted signal; no real prices', recording: 'Recording: binance-usdm', live: 'Binance USD-M futures, live public data' };
const universe: UniverseInfo = {
  name: 'main', feed: 'main', market: options.market as UniverseInfo['market'], title: TITLES[options.market]!,
  instruments: [...market.instruments], stepMs: 1_000, horizonsMs: HORIZONS_MS,
};

function health(): HealthInfo {
  const frames = Math.round((market.nowTs() - START_TS) / 1_000_000) + 2_400;
  const service = (name: string, detail: string, cursors: Record<string, number>, state: HealthInfo['services'][number]['state'] = 'running') =>
    ({ service: name, state, detail, cursors, pid: 4_000 + name.length, ageSeconds: 1 });
  const services = [
    service('source', 'simulator, seed 7, paced at 1×', { trades: frames * 11, quotes: frames * 42, 'feed sequence': frames * 63 }),
    service('features', '41 features, none warming up', { frames, 'feed sequence': frames * 63 }),
    service('inference', withModel ? `champion ${MODEL}` : 'no model yet', { predictions: frames }),
    service('outcomes', withModel ? 'scores every 60 frames' : 'no model yet', { outcomes: frames - 30 }),
    service('recorder', 'SQLite, 2 streams up to date', { 'feed rows': frames * 63, bars: frames * 8 }),
    service('trainer', withModel ? 'idle; the first model was trained in 4.1 s' : 'waiting for 4 more minutes of history', {}, withModel ? 'running' : 'waiting'),
  ];
  return { ok: true, version: '0.1.0', services };
}

function models(): ModelsInfo {
  if (!withModel) return { champion: null, events: [], card: null };
  const at = START_TS - 900_000_000;
  const event = (kind: 'registered' | 'promoted', why: string) => ({ v: 1 as const, universe: 'main', kind, model: MODEL, sha256: '4f9a1c77d2e0'.padEnd(64, '0'), fromFrame: at, who: 'trainer', why, evidence: {}, at });
  const skills: Record<string, number[]> = { microprice: [0.064, 0.041, 0.008], ridge: [0.071, 0.052, -0.006], lightgbm: [0.083, 0.061, 0.012] };
  const card = {
    v: 1, model: MODEL, sha256: '4f9a1c77d2e0'.padEnd(64, '0'), universe: 'main', schema: 'f3a9c2d1', scaleFeature: 'vol-ewma-30s', scaleFloorBps: 0.05,
    features: Array.from({ length: 41 }, (_, i) => ['microprice-scaled', 'spread', 'log-return-1s', 'log-return-5s', 'log-return-30s', 'order-flow-imbalance-1s', 'order-flow-imbalance-5s', 'imbalance', 'vol-ewma-30s'][i] ?? `feature-${i}`),
    horizons: HORIZONS_MS.map((horizonMs) => ({ horizonMs, family: 'lightgbm', residualQuantiles: [] })),
    trained: { fromTs: START_TS - 4_500_000_000, toTs: at, rows: 28_800, frames: 3_600, symbols: universe.instruments },
    metrics: Object.entries(skills).flatMap(([family, list]) => list.map((skill, i) => ({ family, horizonMs: HORIZONS_MS[i]!, skill, ic: Math.sqrt(Math.max(0, skill)), rows: 14_400, folds: 4, chosen: family === 'lightgbm' }))),
    versions: { foretick: '0.1.0', lightgbm: '4.6.0', onnxruntime: '1.30.0' },
  };
  return { champion: MODEL, events: [event('registered', 'trained on the first hour'), event('promoted', 'first model: best of three families in walk-forward')], card };
}

const scoresOf = (symbol: string) => (withModel ? HORIZONS_MS.map((horizonMs) => market.score(symbol, horizonMs)) : []);
function answer(path: string, query: URLSearchParams): unknown {
  const instrument = query.get('instrument') ?? '';
  const from = Number(query.get('from') ?? 0), limit = Number(query.get('limit') ?? 1_000);
  const known = market.instruments.includes(instrument);
  if (path === 'universes') return [universe];
  if (path === 'health') return health();
  if (path === 'models') return models();
  if (path === 'scores') return { frameTs: market.nowTs(), scores: scoresOf('*') };
  if (path === 'bars' && known) return market.closes(instrument, from, limit).map(({ ts, close }) => ({ ts, open: close, high: close, low: close, close, volume: 1, trades: 3 }));
  if (path === 'predictions' && known) return market.judged(instrument, Number(query.get('horizonMs')), from, limit);
  return undefined;
}

const loggedIn = (request: IncomingMessage): boolean => /(^|; )dev=1/.test(request.headers.cookie ?? '');
let mutedUntil = 0;
async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const url = new URL(request.url ?? '/', 'http://localhost');
  const json = (status: number, body: unknown): void => void response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
  if (url.pathname === '/login' && url.searchParams.get('token') === 'dev') return void response.writeHead(303, { location: '/', 'set-cookie': 'dev=1; Path=/; HttpOnly; SameSite=Strict' }).end();
  if (url.pathname === '/dev/logout') return void response.writeHead(303, { location: '/', 'set-cookie': 'dev=; Path=/; Max-Age=0' }).end();
  if (url.pathname === '/dev/mute') return (mutedUntil = Date.now() + 40_000), json(200, { muted: true });
  if (url.pathname.startsWith('/api/v1/')) {
    if (!loggedIn(request)) return json(401, { error: 'not logged in', hint: 'Open the login link.' });
    const body = answer(url.pathname.slice('/api/v1/'.length), url.searchParams);
    return body === undefined ? json(404, { error: 'no such thing', hint: 'GET /api/openapi.json' }) : json(200, body);
  }
  const file = extname(url.pathname) in TYPES ? normalize(url.pathname) : '/index.html';
  const bytes = await readFile(join(DIST, file)).catch(() => null);
  if (bytes === null) return json(404, { error: 'no such file', hint: 'Build the dashboard first.' });
  response.writeHead(200, { 'content-type': TYPES[extname(file)], 'content-security-policy': "default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none'; frame-ancestors 'none'" }).end(bytes);
}

const server = createServer((request, response) => void serve(request, response));
const sockets = new WebSocketServer({ noServer: true });
const wanted = new Map<WebSocket, readonly string[]>();
const tell = (socket: WebSocket, message: ServerMessage): void => {
  if (Date.now() > mutedUntil) socket.send(JSON.stringify(message));
};
server.on('upgrade', (request, socket, head) => {
  if (!loggedIn(request)) return void socket.end('HTTP/1.1 401 Unauthorized\r\n\r\n');
  sockets.handleUpgrade(request, socket, head, (opened) => {
    wanted.set(opened, []);
    opened.on('close', () => wanted.delete(opened));
    opened.on('message', (text) => {
      const message = clientMessage.parse(JSON.parse(String(text)));
      if (message.type === 'ping') return tell(opened, { type: 'pong' });
      const instruments = message.instruments.includes('*') ? market.instruments : message.instruments;
      wanted.set(opened, instruments);
      tell(opened, { type: 'snapshot', instruments: instruments.map((instrument) => ({ instrument, price: market.price(instrument), prediction: market.prediction(instrument), score: { v: 1, frameTs: market.nowTs(), scores: scoresOf(instrument) } })) });
    });
  });
});

let beat = 0;
setInterval(() => {
  beat += 1;
  if (beat % 4 === 0) market.step();
  for (const [socket, instruments] of wanted) {
    for (const instrument of instruments) {
      tell(socket, { type: 'price', instrument, value: market.price(instrument) });
      if (beat % 4 === 0) tell(socket, { type: 'prediction', instrument, value: market.prediction(instrument) });
    }
    if (beat % 4 === 0) tell(socket, { type: 'health', value: health() });
  }
}, 250);
server.listen(Number(options.port), '127.0.0.1', () => console.log(`http://127.0.0.1:${options.port}/login?token=dev`));
