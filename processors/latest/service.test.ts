/** LATEST on a real nats-server: from the newest on, through a restart of the service and kill -9 of the server. */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { wallClock } from '../../runtime/clock.ts';
import type { Config } from '../../runtime/config.ts';
import { type Connection, connect } from '../../streams/edge/connect.ts';
import { lastOfSubject } from '../../streams/edge/stored.ts';
import { ensureStreams } from '../../streams/edge/streams.ts';
import { encodeFeedMessage, type FeedMessage } from '../../streams/messages/feed.ts';
import { parseLatestPrediction, parseLatestPrice } from '../../streams/messages/latest.ts';
import { encodePrediction } from '../../streams/messages/prediction.ts';
import { LATEST, streamsFor } from '../../streams/streams.ts';
import { silentLog, testContext } from '../../tests/support/context.ts';
import { natsServerPath, type NatsServer, startNatsServer } from '../../tests/support/natsServer.ts';
import { runLatest } from './service.ts';

const A = 'sim.A';
const B = 'sim.B';
const config = { feed: { name: 'sim' }, universes: [{ name: 'u', instruments: [A, B] }], cache: { url: 'memory:' } } as unknown as Config;
const WAIT = { timeout: 20_000, interval: 50 };

const quote = (instrument: string, bid: number, ts: number): FeedMessage => ({ v: 1, type: 'quote', instrument, bid, bidSize: 1, ask: bid + 2, askSize: 1, tsEvent: ts, tsInit: ts });
const trade = (instrument: string, price: number, ts: number): FeedMessage => ({ v: 1, type: 'trade', instrument, price, size: 1, tsEvent: ts, tsInit: ts });
const prediction = (frameTs: number): Uint8Array => encodePrediction({
  v: 1, universe: 'u', frameTs, madeAt: frameTs, late: false, role: 'champion', model: 'm', schema: 's', symbols: [A, B], refPrice: [1, 2], flags: [0, 0], horizons: [],
});

describe.skipIf(natsServerPath() === null)('latest', { timeout: 60_000 }, () => {
  let server: NatsServer;
  let connection: Connection;
  let abort: AbortController;
  let running: Promise<void>;

  beforeAll(async () => {
    server = await startNatsServer();
    connection = await connect({ url: server.url, credentialsFile: null }, 'test', silentLog);
    await ensureStreams(connection, streamsFor(['sim']));
  });
  afterAll(async () => {
    await connection.close();
    await server.stop();
  });
  const start = (clock = wallClock): void => {
    abort = new AbortController();
    running = runLatest(connection, config, testContext('latest', abort.signal), clock);
  };
  const stop = async (): Promise<void> => {
    abort.abort();
    await running;
  };
  beforeEach(() => start());
  afterEach(stop);

  const tell = async (message: FeedMessage): Promise<void> => {
    const { subject, body } = encodeFeedMessage('sim', message);
    await connection.js.publish(subject, body);
  };
  const price = async (instrument: string) => {
    const stored = await lastOfSubject(connection, LATEST, `latest.price.${instrument}`);
    return stored === null ? null : parseLatestPrice(stored.data);
  };
  const frameOf = async (instrument: string) => {
    const stored = await lastOfSubject(connection, LATEST, `latest.prediction.${instrument}`);
    return stored === null ? null : parseLatestPrediction(stored.data).frameTs;
  };

  it('tells the newest price and forecast of each instrument', async () => {
    for (let i = 1; i <= 300; i++) await tell(quote(i % 2 === 0 ? A : B, i, i));
    for (const ts of [1, 2, 3]) await connection.js.publish('predictions.u', prediction(ts));
    await vi.waitFor(async () => {
      expect(await price(A)).toMatchObject({ mid: 301, ts: 300 });
      expect(await price(B)).toMatchObject({ mid: 300, ts: 299 });
      expect([await frameOf(A), await frameOf(B)]).toEqual([3, 3]);
    }, WAIT);
  });

  it('a restart tells what came while it was away, with the book that stood before it', async () => {
    await tell(quote(A, 500, 1_000));
    await stop();
    await tell(trade(A, 501.5, 2_000));
    await connection.js.publish('predictions.u', prediction(50));
    start();
    await vi.waitFor(async () => {
      expect(await price(A)).toMatchObject({ bid: 500, mid: 501, last: 501.5, ts: 2_000 });
      expect(await frameOf(B)).toBe(50);
    }, WAIT);
  });

  it('tells a forecast when it comes, whenever the next round would be', async () => {
    await stop();
    start({ ...wallClock, sleep: (_ms, signal) => wallClock.sleep(1e9, signal) });
    await new Promise((resolve) => setTimeout(resolve, 300)); // past the round that the start makes
    await connection.js.publish('predictions.u', prediction(77));
    await vi.waitFor(async () => expect(await frameOf(A)).toBe(77), WAIT);
  });

  it('goes on after kill -9 of the server', async () => {
    await tell(quote(B, 700, 3_000));
    await server.kill();
    await server.start();
    await vi.waitFor(() => tell(quote(B, 800, 4_000)), WAIT);
    await vi.waitFor(async () => expect(await price(B)).toMatchObject({ bid: 800, ts: 4_000 }), WAIT);
  });

  it('skips what it can\'t read', async () => {
    await connection.js.publish('ticks.sim.sim.A', '{"v":1,"type":"trade","price":-1}');
    await connection.js.publish('predictions.u', 'not json');
    await tell(quote(A, 900, 5_000));
    await vi.waitFor(async () => expect(await price(A)).toMatchObject({ bid: 900 }), WAIT);
  });
});
