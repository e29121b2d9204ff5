/** The public door and whoever leans on it: raw sockets on 127.0.0.1 that don't keep to HTTP or WebSocket, floods, and what must still be answered beside them. */
import { once } from 'node:events';
import { connect as dial, type AddressInfo, type Socket as TcpSocket } from 'node:net';
import fc from 'fast-check';
import type { FastifyInstance } from 'fastify';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { WebSocket } from 'ws';
import { createLog } from '../runtime/log.ts';
import { apiError, serverMessage, type ServerMessage } from '../sdk/api.ts';
import { createApp } from './app.ts';
import { createAuth } from './auth.ts';
import { BTC, type FakeWorld, openFakeWorld, TOKEN } from './fakeData.ts';
import { ROUTES } from './routes.ts';
import { attachStream, BURST, createAllowance, MAX_CLIENT_MESSAGE_BYTES, type Stream } from './websocket.ts';

if (process.env['FORETICK_FULL'] === '1') vi.setConfig({ testTimeout: 1_200_000 });

const FULL = process.env['FORETICK_FULL'] === '1';
const bearer = { authorization: `Bearer ${TOKEN}` };
let world: FakeWorld;
let server: FastifyInstance;
let stream: Stream;
let port: number;
const closers: (() => unknown)[] = [];

beforeAll(async () => {
  world = await openFakeWorld();
  const app = await createApp({ data: world.data, auth: createAuth(TOKEN), clock: { nowUs: () => 5_000_000, sleep: async () => undefined }, log: createLog('test', 'silent'), version: '1', host: '127.0.0.1', dashboardDir: '/nonexistent' });
  server = app.server;
  stream = attachStream(server.server, { hub: world.hub, guard: app.guard });
  await server.listen({ host: '127.0.0.1', port: 0 });
  port = (server.server.address() as AddressInfo).port;
});
afterEach(() => {
  for (const close of closers.splice(0)) close();
});
afterAll(async () => {
  stream.close();
  await server.close();
  await world.close();
});

/** A peer that keeps its side open, whatever the server does. */
function tcp(): TcpSocket {
  const socket = dial({ port, host: '127.0.0.1', allowHalfOpen: true });
  socket.on('error', () => undefined);
  closers.push(() => socket.destroy());
  return socket;
}
async function answerTo(text: string | Buffer): Promise<string> {
  const socket = tcp();
  socket.write(text);
  const chunks: Buffer[] = [];
  socket.on('data', (chunk: Buffer) => chunks.push(chunk));
  await once(socket, 'end');
  return Buffer.concat(chunks).toString();
}
const connections = (): Promise<number> => new Promise((resolve, reject) => server.server.getConnections((error, count) => (error ? reject(error) : resolve(count))));
async function open(): Promise<{ socket: WebSocket; got: ServerMessage[] }> {
  const socket = new WebSocket(`ws://127.0.0.1:${port}/api/v1/stream`, { headers: bearer });
  const got: ServerMessage[] = [];
  socket.on('message', (data) => got.push(serverMessage.parse(JSON.parse(String(data)))));
  socket.on('error', () => undefined);
  closers.push(() => socket.terminate());
  await once(socket, 'open');
  return { socket, got };
}
const stillServes = async (reader: { socket: WebSocket; got: ServerMessage[] }): Promise<void> => {
  const before = reader.got.length;
  reader.socket.send('{"type":"ping"}');
  await vi.waitFor(() => expect(reader.got.slice(before)).toContainEqual({ type: 'pong' }));
};
const UPGRADE = (token: string): string => `GET /api/v1/stream HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nAuthorization: Bearer ${token}\r\n\r\n`;

describe('sockets that don\'t keep to the protocol', () => {
  test('a peer that is refused and never closes is not kept', async () => {
    for (const text of [UPGRADE('wrong'), 'nonsense\r\n\r\n', UPGRADE(TOKEN).replace('/api/v1/stream', '/elsewhere')]) expect(await answerTo(text)).toMatch(/^HTTP\/1\.1 4\d\d /);
    await vi.waitFor(async () => expect(await connections()).toBe(0));
  });

  test.each([
    ['an address of 20 kB', `GET /api/v1/ticks?instrument=${'x'.repeat(20_000)} HTTP/1.1\r\nHost: localhost\r\n\r\n`],
    ['a header of 20 kB', `GET /healthz HTTP/1.1\r\nHost: localhost\r\nX-Long: ${'x'.repeat(20_000)}\r\n\r\n`],
  ])('%s is refused in words', async (_what, text) => {
    const answer = await answerTo(text);
    expect(answer).toMatch(/^HTTP\/1\.1 431 /);
    expect(apiError.parse(JSON.parse(answer.split('\r\n\r\n')[1]!)).error).toMatch(/16 kB/);
  });

  test('there is a most of sockets', () => {
    expect(server.server.maxConnections).toBe(1_000);
  });

  test('any bytes after the handshake end that connection at most', async () => {
    const good = await open();
    const frame = fc.tuple(fc.nat(255), fc.nat(255), fc.uint8Array({ maxLength: 40 })).map(([first, second, rest]) => Buffer.from([first, second, ...rest]));
    const opcode = fc.constantFrom(0x01, 0x81, 0x82, 0x88, 0x89, 0x8a, 0x83, 0xc1, 0xff, 0x00, 0x80).chain((first) => fc.tuple(fc.constantFrom(0x80, 0x81, 0x85, 0xfe, 0xff, 0x05), fc.uint8Array({ maxLength: 40 })).map(([second, rest]) => Buffer.from([first, second, ...rest])));
    await fc.assert(fc.asyncProperty(fc.array(fc.oneof(frame, opcode), { minLength: 1, maxLength: 4 }), async (frames) => {
      const socket = tcp();
      socket.write(UPGRADE(TOKEN));
      await once(socket, 'data');
      socket.end(Buffer.concat(frames));
    }), { seed: 11, numRuns: FULL ? 3_000 : 60 });
    await stillServes(good);
    for (const close of closers.splice(1)) close();
    await vi.waitFor(() => expect(world.hub.size).toBe(1));
  });
});

describe('messages', () => {
  test('a flood of subscriptions, of pings, or of pongs that nobody asked for, ends its sender and nobody else', async () => {
    const good = await open();
    for (const flood of [(socket: WebSocket) => socket.send('{"type":"subscribe","instruments":["*"]}'), (socket: WebSocket) => socket.ping('x'.repeat(100)), (socket: WebSocket) => socket.pong('x')]) {
      const { socket, got } = await open();
      for (let i = 0; i < 3 * BURST; i++) flood(socket);
      const [code, reason] = await once(socket, 'close');
      // The library itself gives up on a peer that pings faster than pongs leave: 1006.
      if (code !== 1_006) expect([code, String(reason)]).toEqual([1_008, expect.stringContaining('messages a second')]);
      expect(socket.readyState).toBe(WebSocket.CLOSED);
      expect(got.length).toBeLessThanOrEqual(BURST);
    }
    await stillServes(good);
  });

  test('of an honest pace are never refused', () => {
    const allowed = createAllowance();
    for (let ms = 0; ms < 60_000; ms += 50) expect(allowed(ms)).toBe(true);
    for (let i = 0; i < BURST; i++) allowed(60_000);
    expect(allowed(60_000)).toBe(false);
    expect(allowed(60_100)).toBe(true);
  });

  test('in thousands of fragments end their sender', async () => {
    const { socket } = await open();
    for (let i = 0; i < 1_000; i++) socket.send(' ', { fin: false });
    expect((await once(socket, 'close'))[0]).toBe(1_008);
  });

  test('of any content are answered in words', async () => {
    const hostile = fc.oneof(
      fc.json({ maxDepth: 5 }), fc.string({ maxLength: 50 }),
      fc.constantFrom('['.repeat(MAX_CLIENT_MESSAGE_BYTES), '{"type":"subscribe"}', '{"__proto__":{"type":"ping"}}', '{"type":"__proto__"}', '{"type":"constructor","instruments":[]}', '{"type":"subscribe","instruments":["__proto__","constructor"]}', `{"type":"subscribe","instruments":${JSON.stringify(Array(601).fill(BTC))}}`, `{"type":"subscribe","instruments":["${'x'.repeat(131)}"]}`, '{"type":"ping","type":"pong"}', '{"type":"subscribe","instruments":{"length":1e9}}'),
    );
    await fc.assert(fc.asyncProperty(fc.array(hostile, { minLength: 1, maxLength: 15 }), async (messages) => {
      const told: ServerMessage[] = [];
      const connection = world.hub.connect({ hasRoom: () => true, send: (text) => void told.push(serverMessage.parse(JSON.parse(text))), together: (sends) => sends(), end: () => undefined });
      for (const message of messages) {
        connection.receive(message);
        connection.flush();
      }
      connection.close();
      expect(told).toHaveLength(messages.length + told.filter(({ type }) => type === 'health').length);
      for (const message of told) if (message.type === 'refused') expect(message.error.length).toBeLessThan(1_000);
    }), { seed: 12, numRuns: FULL ? 20_000 : 200 });
    expect(({} as { type?: unknown }).type).toBeUndefined();
  });
});

test('any method, header, encoding and body of a request: an answer in words, and never our fault', async () => {
  const method = fc.constantFrom('GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'TRACE' as 'GET', 'PROPFIND' as 'GET');
  const path = fc.oneof(fc.constantFrom(...ROUTES.map((route) => `/api/v1${route.path}`), '/', '/login', '/healthz', '/api/openapi.json', '/assets/x.js', '/..%2f..%2fetc/passwd', '/%2e%2e/%2e%2e/package.json', '//evil.example/', '/api/v1/ticks/', '/API/V1/ticks', '/api/v1/%00'), fc.webPath());
  const query = fc.oneof(fc.constantFrom('', '?', '?__proto__[x]=1', '?constructor.prototype=1', '?instrument=%ff', '?instrument=sim.BTC%00', '?limit[]=1', `?instrument=${BTC}&limit=1&limit=2`, `?universe=${'x'.repeat(5_000)}`), fc.webQueryParameters().map((text) => `?${text}`));
  const header = fc.dictionary(fc.constantFrom('accept', 'content-type', 'content-encoding', 'range', 'if-none-match', 'cookie', 'x-forwarded-host', 'origin', 'transfer-encoding', 'accept-encoding'), fc.oneof(fc.constantFrom('text/html', 'application/json', 'gzip', 'bytes=0-', 'bytes=9-1', '*', 'null', '__proto__=1; a=b', 'multipart/form-data', 'x'.repeat(3_000)), fc.stringMatching(/^[ -~]{0,40}$/)), { maxKeys: 3 });
  await fc.assert(fc.asyncProperty(method, path, query, header, fc.option(fc.oneof(fc.json(), fc.constant('{"__proto__":{"a":1}}')), { nil: undefined }), async (verb, address, text, headers, payload) => {
    const response = await server.inject({ method: verb, url: `${address || '/'}${text}`, headers: { host: 'localhost', ...bearer, ...headers }, ...(payload === undefined ? {} : { payload }) });
    expect(response.statusCode === 503 ? 0 : response.statusCode).toBeLessThan(500); // 503: the dashboard isn't built here
    if (response.statusCode >= 400 && verb !== 'HEAD' && response.headers['content-type']?.includes('json')) expect(apiError.parse(response.json()).error).not.toBe('');
  }), { seed: 13, numRuns: FULL ? 20_000 : 400 });
});
