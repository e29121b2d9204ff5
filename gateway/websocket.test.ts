/** Real sockets on 127.0.0.1, and the typed client on the other end where it can be. */
import { once } from 'node:events';
import { connect as dial, type AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { WebSocket as Socket } from 'ws';
import { ApiFailure, createClient } from '../sdk/client.ts';
import { openStream, type Stream, type StreamState } from '../sdk/stream.ts';
import { apiError, type ServerMessage } from '../sdk/api.ts';
import type { LatestPrice } from '../streams/messages/latest.ts';
import { createLog } from '../runtime/log.ts';
import { createApp } from './app.ts';
import { createAuth } from './auth.ts';
import { BTC, ETH, type FakeWorld, openFakeWorld, TOKEN } from './fakeData.ts';
import { attachStream, HIGH_WATER_BYTES, MAX_CLIENT_MESSAGE_BYTES, type StreamOptions } from './websocket.ts';

const clock = { nowUs: () => 5_000_000, sleep: async () => undefined };
const price = (ts: number): LatestPrice => ({ v: 1, ts, mid: ts, bid: null, ask: null, bidSize: null, askSize: null, last: null });
const auth = createAuth(TOKEN);
const bearer = { authorization: `Bearer ${TOKEN}` };

let world: FakeWorld;
let closers: (() => unknown)[];
beforeEach(async () => {
  world = await openFakeWorld();
  closers = [() => world.close()];
});
afterEach(async () => {
  for (const close of closers.reverse()) await close();
});

async function serve(over: Partial<StreamOptions> = {}, port = 0): Promise<{ baseUrl: string; url: string; port: number; stop(): Promise<void> }> {
  const { server, guard } = await createApp({ data: world.data, auth, clock, log: createLog('test', 'silent'), version: '1', host: '127.0.0.1', dashboardDir: '/nonexistent' });
  const stream = attachStream(server.server, { hub: world.hub, guard, ...over });
  await server.listen({ host: '127.0.0.1', port });
  const bound = (server.server.address() as AddressInfo).port;
  const stop = async (): Promise<void> => {
    stream.close();
    await server.close();
  };
  closers.push(stop);
  return { baseUrl: `http://127.0.0.1:${bound}`, url: `ws://127.0.0.1:${bound}/api/v1/stream`, port: bound, stop };
}

/** A plain socket with its messages, for what the typed client would not do. */
async function open(url: string, headers: Record<string, string> = bearer): Promise<{ socket: Socket; got: ServerMessage[] }> {
  const socket = new Socket(url, { headers });
  const got: ServerMessage[] = [];
  socket.on('message', (data) => got.push(JSON.parse(String(data)) as ServerMessage));
  await once(socket, 'open');
  closers.push(() => socket.terminate());
  return { socket, got };
}
/** The HTTP answer to an upgrade that was refused. */
async function refused(url: string, headers: Record<string, string>): Promise<{ status: number; error: string }> {
  const socket = new Socket(url, { headers });
  socket.on('error', () => undefined);
  const [, response] = await once(socket, 'unexpected-response');
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(chunk);
  return { status: response.statusCode, error: apiError.parse(JSON.parse(Buffer.concat(chunks).toString())).error };
}
function follow(baseUrl: string, instruments: string[], token = TOKEN) {
  const got: ServerMessage[] = [];
  const states: StreamState[] = [];
  const stream: Stream = openStream({ baseUrl, token, instruments, onMessage: (message) => got.push(message), onState: (state) => states.push(state), random: () => 0 });
  closers.push(() => stream.close());
  return { stream, got, states };
}

describe('the stream', () => {
  test('snapshot, then updates, through the typed client', async () => {
    const { baseUrl } = await serve();
    world.hub.update('price', BTC, price(1));
    const reader = follow(baseUrl, ['*']);
    await vi.waitFor(() => expect(reader.got).toMatchObject([{ type: 'snapshot', instruments: [{ instrument: BTC, price: { ts: 1 } }, { instrument: ETH, price: null }] }]));
    world.hub.update('price', ETH, price(2));
    await vi.waitFor(() => expect(reader.got.at(-1)).toEqual({ type: 'price', instrument: ETH, value: price(2) }));
    reader.stream.subscribe([BTC]);
    await vi.waitFor(() => expect(reader.got.at(-1)).toMatchObject({ type: 'snapshot', instruments: [{ instrument: BTC }] }));
    expect(reader.states).toEqual(['connecting', 'open']);
  });

  test('a gateway that restarts is found again, and the subscription with it', async () => {
    const first = await serve();
    const reader = follow(first.baseUrl, [BTC]);
    await vi.waitFor(() => expect(reader.got).toHaveLength(1));
    await first.stop();
    await vi.waitFor(() => expect(reader.states.at(-1)).toBe('waiting'));
    world.hub.update('price', BTC, price(9));
    await serve({}, first.port);
    await vi.waitFor(() => expect(reader.got.at(-1)).toMatchObject({ type: 'snapshot', instruments: [{ instrument: BTC, price: { ts: 9 } }] }), { timeout: 10_000 });
  });

  test('a token that isn\'t valid ends the client instead of asking for ever', async () => {
    const { baseUrl } = await serve();
    const reader = follow(baseUrl, ['*'], 'wrong');
    await vi.waitFor(() => expect(reader.states).toEqual(['connecting', 'unauthorised']));
  });

  test('a reader that stops reading gets the newest, not the backlog, and the gateway\'s memory stays bounded', async () => {
    const { url } = await serve();
    const { socket, got } = await open(url);
    socket.send(JSON.stringify({ type: 'subscribe', instruments: [BTC] }));
    await vi.waitFor(() => expect(got).toHaveLength(1));
    socket.pause();
    const updates = 60_000;
    const sent = updates * JSON.stringify({ type: 'price', instrument: BTC, value: price(updates) }).length;
    for (let ts = 1; ts <= updates; ts++) {
      world.hub.update('price', BTC, price(ts));
      world.hub.flush();
      if (ts % 1_000 === 0) await new Promise((resolve) => setImmediate(resolve));
    }
    socket.resume();
    await vi.waitFor(() => expect(got.at(-1)).toEqual({ type: 'price', instrument: BTC, value: price(updates) }), { timeout: 30_000 });
    expect(sent).toBeGreaterThan(10 * HIGH_WATER_BYTES);
    expect(got.length).toBeLessThan(updates);
  });

  test('what isn\'t our language is refused in words, and the connection goes on', async () => {
    const { url } = await serve();
    const { socket, got } = await open(url);
    socket.send('hello');
    socket.send(Buffer.from([1, 2, 3]));
    await vi.waitFor(() => expect(got.some(({ type }) => type === 'refused')).toBe(true));
    socket.send('{"type":"ping"}');
    await vi.waitFor(() => expect(got.at(-1)).toEqual({ type: 'pong' }));
  });

  test('a message above 64 kB ends the connection, and only that one', async () => {
    const { url } = await serve();
    const [bad, good] = [await open(url), await open(url)];
    bad.socket.on('error', () => undefined);
    bad.socket.send('x'.repeat(MAX_CLIENT_MESSAGE_BYTES + 1));
    const [code] = await once(bad.socket, 'close');
    expect(code).toBe(1_009);
    good.socket.send('{"type":"ping"}');
    await vi.waitFor(() => expect(good.got).toEqual([{ type: 'pong' }]));
  });

  test('a peer that answers no ping is dropped; one that does stays', async () => {
    const { url } = await serve({ pingEveryMs: 300 });
    const live = await open(url);
    const dead = new Socket(url, { headers: bearer, autoPong: false });
    await once(dead, 'close');
    expect(live.socket.readyState).toBe(Socket.OPEN);
    await vi.waitFor(() => expect(world.hub.size).toBe(1));
  });

  test('a peer that never reads is dropped, though it sends pongs that nobody asked for', async () => {
    const { url } = await serve({ pingEveryMs: 300 });
    const deaf = new Socket(url, { headers: bearer, autoPong: false });
    await once(deaf, 'open');
    const claims = setInterval(() => deaf.pong('alive'), 60);
    closers.push(() => clearInterval(claims), () => deaf.terminate());
    await vi.waitFor(() => expect(world.hub.size).toBe(0), { timeout: 5_000 });
  });
});

describe('who may connect', () => {
  test('a token or a login cookie', async () => {
    const { url } = await serve();
    await open(url, { cookie: `${auth.cookieName}=${auth.issueCookie(0)}` });
    await open(url, { ...bearer, origin: url.replace('ws:', 'http:').replace('/api/v1/stream', '') });
    expect(world.hub.size).toBe(2);
  });

  test('nobody else', async () => {
    const { url } = await serve();
    expect(await refused(url, {})).toEqual({ status: 401, error: 'no valid token' });
    expect((await refused(url, { ...bearer, origin: 'http://evil.example' })).status).toBe(403);
    expect((await refused(url, { ...bearer, host: 'evil.example' })).status).toBe(421);
    expect((await refused(url.replace('/v1/', '/v2/'), bearer)).status).toBe(404);
    expect(world.hub.size).toBe(0);
  });

  test('not more than there is room for', async () => {
    const { url } = await serve({ maxConnections: 1 });
    const { socket } = await open(url);
    expect(await refused(url, bearer)).toMatchObject({ status: 503, error: expect.stringMatching(/1 readers are connected/) });
    socket.close();
    await once(socket, 'close');
    await vi.waitFor(() => expect(world.hub.size).toBe(0));
    await open(url);
  });

  test('a program that doesn\'t speak HTTP gets an answer, and the gateway goes on', async () => {
    const { baseUrl, port } = await serve();
    const socket = dial(port, '127.0.0.1');
    socket.end('\x16\x03\x01 nonsense\r\n\r\n');
    const [answer] = await once(socket, 'data');
    expect(String(answer)).toMatch(/^HTTP\/1\.1 400 .*not an HTTP request/s);
    expect(await createClient({ baseUrl, token: TOKEN }).universes()).toHaveLength(1);
  });
});

describe('the typed client', () => {
  test('gives parsed answers, and refusals with status and hint', async () => {
    const { baseUrl } = await serve();
    const client = createClient({ baseUrl, token: TOKEN });
    expect((await client.ticks({ instrument: BTC, limit: 1 }))[0]).toMatchObject({ seq: 10, type: 'quote' });
    expect((await client.predictions({ instrument: BTC, horizonMs: 1_000 })).length).toBe(3);
    const failure = await client.bars({ instrument: 'x.NONE', interval: '1m' }).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(ApiFailure);
    expect(failure).toMatchObject({ status: 404, message: expect.stringContaining('x.NONE'), hint: expect.stringContaining('/symbols') });
  });

  test('says when nobody answers, and when the answer is of another version', async () => {
    const { baseUrl, stop } = await serve();
    const strange = createClient({ baseUrl, fetch: async () => Response.json([{ name: 7 }]) });
    await expect(strange.universes()).rejects.toMatchObject({ message: expect.stringContaining('/universes: 0.name') });
    await stop();
    await expect(createClient({ baseUrl, token: TOKEN }).health()).rejects.toMatchObject({ status: 0 });
  });
});
