/** The whole gateway on a real nats-server and a real store: what services publish is what a reader with a token sees. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { featureSchema } from '../quant/frames/schema.ts';
import { wallClock } from '../runtime/clock.ts';
import type { Config } from '../runtime/config.ts';
import { createClient } from '../sdk/client.ts';
import type { ServerMessage } from '../sdk/api.ts';
import { openStream } from '../sdk/stream.ts';
import { openStore } from '../store/open.ts';
import { type Connection, connect } from '../streams/edge/connect.ts';
import { ensureStreams } from '../streams/edge/streams.ts';
import { encodeFrame, encodeRows } from '../streams/messages/frame.ts';
import { encodeLatest } from '../streams/messages/latest.ts';
import { encodeModelEvent } from '../streams/messages/model.ts';
import { encodeJson } from '../streams/parse.ts';
import { streamsFor } from '../streams/streams.ts';
import { silentLog, testContext } from '../tests/support/context.ts';
import { natsServerPath, type NatsServer, startNatsServer } from '../tests/support/natsServer.ts';
import { BTC, ETH, PROMOTED, TOKEN } from './fakeData.ts';
import { runGateway } from './service.ts';

const WAIT = { timeout: 20_000, interval: 50 };
const price = (ts: number) => ({ v: 1 as const, ts, mid: ts, bid: null, ask: null, bidSize: null, askSize: null, last: null });

describe.skipIf(natsServerPath() === null)('gateway', { timeout: 60_000 }, () => {
  const dir = mkdtempSync(join(tmpdir(), 'foretick-gateway-'));
  const abort = new AbortController();
  const context = testContext('gateway', abort.signal);
  let server: NatsServer;
  let connection: Connection;
  let running: Promise<void>;
  let baseUrl: string;

  beforeAll(async () => {
    server = await startNatsServer();
    connection = await connect({ url: server.url, credentialsFile: null }, 'test', silentLog);
    await ensureStreams(connection, streamsFor(['sim']));
    await connection.js.publish(`latest.price.${BTC}`, encodeLatest(price(1)));
    writeFileSync(join(dir, 'token'), `${TOKEN}\n`);
    const config = {
      feed: { name: 'sim', source: { kind: 'simulator', seed: 1, symbols: 2, minutes: null, predictable: true } },
      universes: [{ name: 'main', instruments: [BTC, ETH], stepMs: 1_000, horizonsMs: [1_000], leaders: [] }],
      store: { url: `sqlite:${join(dir, 'history.db')}` }, cache: { url: 'memory:' }, gateway: { host: '127.0.0.1', port: 0, tokenFile: join(dir, 'token') },
    } as unknown as Config;
    running = runGateway(connection, config, context, wallClock);
    await vi.waitFor(() => expect(context.health().state).toBe('running'), WAIT);
    baseUrl = context.health().detail;
  });
  afterAll(async () => {
    abort.abort();
    await running;
    await connection.close();
    await server.stop();
    rmSync(dir, { recursive: true });
  });
  const client = () => createClient({ baseUrl, token: TOKEN });

  it('streams what stands in LATEST, then what comes, and goes on after kill -9 of the server', async () => {
    const got: ServerMessage[] = [];
    const stream = openStream({ baseUrl, token: TOKEN, instruments: ['*'], onMessage: (message) => got.push(message) });
    try {
      await vi.waitFor(() => expect(got.find(({ type }) => type === 'snapshot')).toMatchObject({ instruments: [{ instrument: BTC, price: { ts: 1 } }, { instrument: ETH, price: null }] }), WAIT);
      await connection.js.publish(`latest.price.${ETH}`, 'not json');
      await connection.js.publish(`latest.price.${ETH}`, encodeLatest(price(2)));
      await vi.waitFor(() => expect(got.at(-1)).toEqual({ type: 'price', instrument: ETH, value: price(2) }), WAIT);
      await server.kill();
      await server.start();
      await vi.waitFor(() => connection.js.publish(`latest.price.${BTC}`, encodeLatest(price(3))), WAIT);
      await vi.waitFor(() => expect(got).toContainEqual({ type: 'price', instrument: BTC, value: price(3) }), WAIT);
    } finally {
      stream.close();
    }
  });

  it('gives the newest frame with the names of its columns', async () => {
    await expect(client().latestFrame()).rejects.toMatchObject({ status: 404, message: 'there is no frame yet' });
    const { features, hash } = featureSchema(1_000);
    const rows = Float32Array.from({ length: 2 * features.length }, (_, i) => i);
    await connection.js.publish('features.main', encodeFrame({ v: 1, universe: 'main', ts: 9_000_000, schema: hash, symbols: [BTC, ETH], rows: encodeRows(rows), mid: [1, 2], flags: [0, 1] }));
    const frame = await client().latestFrame('main');
    expect(frame).toMatchObject({ ts: 9_000_000, features: features.map(({ name }) => name), rows: [{ instrument: BTC }, { instrument: ETH, flags: ['stale'] }] });
    expect(frame.rows[1]!.values[0]).toBe(features.length);
  });

  it('holds what is newest of each instrument itself, while latest lives', async () => {
    const silent = await client().online({ instruments: [ETH] });
    expect(silent).toMatchObject({ from: 'memory', writtenAt: null, detail: expect.stringMatching(/nothing was written/) as string, instruments: [{ price: null, frame: null }] });
    connection.nc.publish('health.latest', encodeJson({ service: 'latest', state: 'running', detail: '', cursors: {}, metricsUrl: '', pid: 1 }));
    await vi.waitFor(async () => expect(await client().online()).toMatchObject({
      from: 'memory', writtenAt: expect.any(Number) as number, detail: '',
      instruments: [{ instrument: BTC, price: price(3), prediction: null, frame: { ts: 9_000_000 } }, { instrument: ETH, price: price(2), frame: { flags: ['stale'] } }],
    }), WAIT);
    const { instruments } = await client().online({ instruments: [ETH] });
    expect(Object.values(instruments[0]!.frame!.features)[0]).toBe(featureSchema(1_000).features.length);
  });

  it('says what each service says of itself', async () => {
    connection.nc.publish('health.features', 'not json');
    connection.nc.publish('health.features', encodeJson({ service: 'features', state: 'waiting', detail: 'for the feed', cursors: {}, metricsUrl: '', pid: 1 }));
    await vi.waitFor(async () => expect((await client().health()).services).toContainEqual(expect.objectContaining({ service: 'features', state: 'waiting', detail: 'for the feed' })), WAIT);
  });

  it('knows the champion from MODELS, also when the registry has lost its card', async () => {
    await connection.js.publish('models.main', encodeModelEvent(PROMOTED));
    await vi.waitFor(async () => expect(await client().models()).toMatchObject({ champion: PROMOTED.model, events: [{ kind: 'promoted' }], card: null }), WAIT);
  });

  it('has no history until the recorder has made it', async () => {
    await expect(client().scores()).rejects.toMatchObject({ status: 503, message: 'there is no history yet' });
    const store = openStore(`sqlite:${join(dir, 'history.db')}`);
    await store.write({ cursors: {}, bars: [{ instrument: BTC, intervalMs: 60_000, ts: 0, open: 1, high: 1, low: 1, close: 1, volume: 1, trades: 1 }] });
    await vi.waitFor(async () => expect(await client().bars({ instrument: BTC, interval: '1m' })).toHaveLength(1), WAIT);
    await store.close();
  });
});
