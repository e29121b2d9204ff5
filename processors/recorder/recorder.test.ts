/** The recorder against a real nats-server: its process killed with -9, the server killed, a store of another server, a hole. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { silentLog, testContext } from '../../tests/support/context.ts';
import { natsServerPath, type NatsServer, startNatsServer } from '../../tests/support/natsServer.ts';
import { type Config, loadConfig } from '../../runtime/config.ts';
import { CorruptError } from '../../runtime/errors.ts';
import { encodeModelEvent, type ModelEvent } from '../../streams/messages/model.ts';
import type { FeedMessage } from '../../streams/messages/feed.ts';
import { encodeFeedMessage } from '../../streams/messages/feed.ts';
import { type Connection, connect } from '../../streams/edge/connect.ts';
import { openFeedPublisher } from '../../streams/edge/feedPublisher.ts';
import { ensureStreams } from '../../streams/edge/streams.ts';
import { streamsFor, ticksStream } from '../../streams/streams.ts';
import { modelsSubject } from '../../streams/subjects.ts';
import { createBars } from '../../quant/bars.ts';
import { gather } from '../../store/history.conformance.ts';
import type { HistoryReader } from '../../store/history.ts';
import { openReader, openStore } from '../../store/open.ts';
import { runRecorder } from './recorder.ts';

const T0 = 1_721_347_200_000_000;
const MAIN = join(import.meta.dirname, 'main.ts');

/** A feed of `count` messages, 20 ms apart: a clock, then quotes and trades of two instruments in turn. */
const messageAt = (i: number): FeedMessage => {
  const stamp = { v: 1, tsEvent: T0, tsInit: T0 + i * 20_000 } as const;
  const instrument = i % 2 === 0 ? 'v.A' : 'v.B';
  const price = 100 + (i % 37);
  if (i % 5 === 0) return { v: 1, type: 'clock', tsInit: stamp.tsInit };
  return i % 3 === 0 ? { ...stamp, type: 'trade', instrument, price, size: 0.25 } : { ...stamp, type: 'quote', instrument, bid: price, bidSize: 1, ask: price + 1, askSize: 2 };
};
const messages = (from: number, to: number): FeedMessage[] => Array.from({ length: to - from }, (_, i) => messageAt(from + i));

describe.skipIf(natsServerPath() === null)('recorder', () => {
  let server: NatsServer;
  let connection: Connection;
  let dir: string;
  beforeAll(async () => {
    server = await startNatsServer();
    dir = mkdtempSync(join(tmpdir(), 'foretick-recorder-'));
    connection = await connect({ url: server.url, credentialsFile: null }, 'test', silentLog);
    await ensureStreams(connection, streamsFor(['killed', 'mixed', 'other', 'hole']));
  });
  afterAll(async () => {
    await connection.close();
    await server.stop();
    rmSync(dir, { recursive: true, force: true });
  });

  const configOf = (feed: string): { config: Config; path: string } => {
    const path = join(dir, `${feed}.json`);
    writeFileSync(path, JSON.stringify({
      v: 1, dataDir: dir, nats: { url: server.url, credentialsFile: null },
      feed: { name: feed, source: { kind: 'simulator', seed: 1, symbols: 2, minutes: null, predictable: true }, virtual: true, speed: null, fastUntil: null },
      universes: [{ name: feed, instruments: ['v.A', 'v.B'], stepMs: 1_000, horizonsMs: [1_000], leaders: [] }],
      training: { untilTs: null, minMinutes: 1, ungated: false }, store: { url: `sqlite:${join(dir, `${feed}.db`)}` }, gateway: { host: '127.0.0.1', port: 0, tokenFile: '' },
    }));
    return { config: loadConfig(path), path };
  };
  const reader = async (config: Config): Promise<HistoryReader> => vi.waitFor(() => openReader(config.store.url), { timeout: 10_000, interval: 20 });

  test('killed with -9 again and again, and the server too: every message once, and the bars of one that never stopped', { timeout: 60_000 }, async () => {
    const { config, path } = configOf('killed');
    const count = 40_000;
    const start = (): ChildProcess => spawn(process.execPath, [MAIN], { env: { ...process.env, FORETICK_CONFIG: path }, stdio: 'ignore' });
    const kill = async (child: ChildProcess): Promise<void> => {
      child.kill('SIGKILL');
      await once(child, 'exit');
    };
    const publisher = await openFeedPublisher(connection, 'killed', silentLog);
    let child = start();
    const stored = await reader(config);
    try {
      for (const part of [1, 2, 3, 4]) {
        await publisher.publish(messages((part - 1) * count / 4, part * count / 4));
        await publisher.flush();
        const reached = (part - 1) * count / 4;
        await vi.waitFor(async () => expect(await stored.cursor(ticksStream('killed'))).toBeGreaterThan(reached), { timeout: 20_000, interval: 1 });
        if (part === 2) {
          await server.kill();
          await server.start();
        } else if (part < 4) {
          await kill(child);
          child = start();
        }
      }
      await vi.waitFor(async () => expect(await stored.cursor(ticksStream('killed'))).toBe(count), { timeout: 20_000, interval: 20 });
      const rows = (await gather(stored.feedRows('killed', 1))).flat();
      expect(rows.map((row) => row.seq)).toEqual(Array.from({ length: count }, (_, i) => i + 1));
      expect(rows.every((row, i) => Buffer.compare(row.body, encodeFeedMessage('killed', messageAt(i)).body) === 0)).toBe(true);
      const bars = createBars();
      const expected = messages(0, count).flatMap((message, i) => [...bars.update(i + 1, message)]);
      for (const intervalMs of [1_000, 60_000]) {
        expect(await stored.bars('v.A', intervalMs, 0, T0 * 2, 100_000)).toEqual(expected.filter((bar) => bar.intervalMs === intervalMs && bar.instrument === 'v.A'));
      }
    } finally {
      await kill(child);
      await stored.close();
    }
  });

  test('a store that is ahead of the stream: the server lost its end, or is another one; it says what to do', async () => {
    const { config } = configOf('mixed');
    const store = openStore(config.store.url);
    await store.write({ cursors: { [ticksStream('mixed')]: 5 } });
    await store.close();
    const running = runRecorder(connection, config, testContext('recorder', new AbortController().signal));
    await expect(running).rejects.toBeInstanceOf(CorruptError);
    await expect(running).rejects.toThrow('TICKS-mixed ends at message 0 and had 5');
  });

  test('a store of another run at the same address, whose place the stream has passed: nothing is written behind the old rows', async () => {
    const { config } = configOf('other');
    const publisher = await openFeedPublisher(connection, 'other', silentLog);
    await publisher.publish(messages(0, 20));
    await publisher.flush();
    const event: ModelEvent = { v: 1, universe: 'other', kind: 'promoted', model: 'm', sha256: 'a'.repeat(64), fromFrame: T0, who: 'w', why: 'y', evidence: { skill: 0.1 }, at: T0 };
    await connection.js.publish(modelsSubject('other'), encodeModelEvent(event));
    const start = () => {
      const abort = new AbortController();
      const context = testContext('recorder', abort.signal);
      return { abort, context, running: runRecorder(connection, config, context) };
    };
    const own = start();
    await vi.waitFor(() => expect(own.context.health().cursors).toMatchObject({ [ticksStream('other')]: 20, MODELS: 1 }), { timeout: 10_000 });
    own.abort.abort();
    await own.running;
    const again = start();
    await vi.waitFor(() => expect(again.context.health().state).toBe('running'), { timeout: 10_000 });
    again.abort.abort();
    await again.running;
    const { subject, body } = encodeFeedMessage('other', messageAt(7));
    for (const foreign of [
      { cursors: { [ticksStream('other')]: 20 }, feed: { name: 'other', rows: [{ seq: 20, subject, tsInit: T0, body }] } },
      { cursors: { MODELS: 1 }, models: [{ ...event, at: T0 + 1 }] },
    ]) {
      rmSync(join(dir, 'other.db'));
      const store = openStore(config.store.url);
      await store.write(foreign);
      await store.close();
      const { running } = start();
      await expect(running).rejects.toMatchObject({ name: 'CorruptError', message: expect.stringMatching(/^(TICKS-other|MODELS): message (20|1) is another one/), hint: expect.stringContaining('/NAME') });
      const stored = openReader(config.store.url);
      expect((await stored.contents()).cursors).toEqual(foreign.cursors);
      await stored.close();
    }
  });

  test('what retention took is told as a metric; what is left is recorded; a drain writes the rest', async () => {
    const { config } = configOf('hole');
    const publisher = await openFeedPublisher(connection, 'hole', silentLog);
    await publisher.publish(messages(0, 100));
    await publisher.flush();
    await connection.jsm.streams.purge(ticksStream('hole'), { seq: 41 });
    const abort = new AbortController();
    const context = testContext('recorder', abort.signal);
    const running = runRecorder(connection, config, context);
    await vi.waitFor(() => expect(context.health().cursors[ticksStream('hole')]).toBe(100), { timeout: 10_000 });
    expect(context.health().state).toBe('running');
    expect(await context.metrics.metrics()).toContain('foretick_recorder_lost_total{stream="TICKS-hole"} 40');
    abort.abort();
    await running;
    const stored = openReader(config.store.url);
    expect((await gather(stored.feedRows('hole', 1))).flat().map((row) => row.seq)).toEqual(Array.from({ length: 60 }, (_, i) => i + 41));
    await stored.close();
  });
});
