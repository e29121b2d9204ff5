/** The source service as a process, against a real nats-server: killed in mid-run it goes on where it was, live or not. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { natsServerPath, type NatsServer, startNatsServer } from '../../tests/support/natsServer.ts';
import type { Config, SourceConfig } from '../../runtime/config.ts';
import { type Connection, connect } from '../edge/connect.ts';
import { readStream } from '../edge/consume.ts';
import { streamBounds } from '../edge/stored.ts';
import { ensureStreams } from '../edge/streams.ts';
import { encodeFeedMessage, type FeedMessage, parseFeedMessage } from '../messages/feed.ts';
import { streamsFor, ticksStream } from '../streams.ts';
import { startFakeVenue } from './binance/fakeVenue.ts';
import { openRecording } from './recording.ts';

const recording = fileURLToPath(new URL('../../../shared/data/binance-usdm/btcusdt_20240719.gz', import.meta.url));
const absent = !existsSync(recording) && !process.env['CI'];
if (absent) console.log('skipped: the recordings of ../shared/data are not here');
const available = natsServerPath() !== null && !absent;

const log = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };
const never = new AbortController().signal;

describe.skipIf(!available)('the source service', () => {
  let server: NatsServer;
  let connection: Connection;
  let dir: string;
  let child: ChildProcess | undefined;

  beforeAll(async () => {
    server = await startNatsServer();
    connection = await connect({ url: server.url, credentialsFile: null }, 'test', log);
    await ensureStreams(connection, streamsFor(['recorded', 'live']));
    dir = mkdtempSync(join(tmpdir(), 'foretick-source-'));
  });
  afterEach(() => end('SIGKILL'));
  afterAll(async () => {
    rmSync(dir, { recursive: true });
    await connection.close();
    await server.stop();
  });

  const start = (feed: string, source: SourceConfig): void => {
    const config: Config = {
      v: 1, dataDir: dir, nats: { url: server.url, credentialsFile: null },
      feed: { name: feed, source, virtual: source.kind !== 'binance', speed: null, fastUntil: null },
      workers: 0, universes: [{ name: 'u', instruments: ['binance-usdm.BTCUSDT'], stepMs: 1_000, horizonsMs: [1_000], leaders: [] }],
      training: { untilTs: null, minMinutes: 1, ungated: false }, store: { url: 'sqlite:none' }, cache: { url: 'memory:' }, gateway: { host: '127.0.0.1', port: 0, tokenFile: 'none' },
    };
    const path = join(dir, `${feed}.json`);
    writeFileSync(path, JSON.stringify(config));
    child = spawn(process.execPath, [join(import.meta.dirname, 'main.ts')], { env: { ...process.env, FORETICK_CONFIG: path }, stdio: 'ignore' });
  };
  const end = async (signal: NodeJS.Signals): Promise<number | null> => {
    const ended = child;
    child = undefined;
    if (ended === undefined || ended.exitCode !== null || ended.signalCode !== null) return ended?.exitCode ?? null;
    ended.kill(signal);
    await once(ended, 'exit');
    return ended.exitCode;
  };
  const until = async (feed: string, reached: (lastSeq: number) => boolean): Promise<void> => {
    for (;;) {
      const { lastSeq } = await streamBounds(connection, ticksStream(feed));
      if (reached(lastSeq)) return;
      if (child === undefined || child.exitCode !== null) throw new Error(`the service ended with ${child?.exitCode}`);
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  };
  const stored = async (feed: string): Promise<FeedMessage[]> => {
    const { lastSeq } = await streamBounds(connection, ticksStream(feed));
    const messages: FeedMessage[] = [];
    for await (const { subject, data, seq } of readStream(connection, { stream: ticksStream(feed), fromSeq: 1, signal: never })) {
      messages.push(parseFeedMessage(subject, data));
      if (seq === lastSeq) break;
    }
    return messages;
  };

  test('a recording, with kill -9 in mid-run: the stream is the recording, byte for byte, and nothing is added', async () => {
    const source: SourceConfig = { kind: 'recording', paths: [recording] };
    const expected: string[] = [];
    for await (const chunk of (await openRecording([recording])).messages(never)) expected.push(...chunk.map((message) => Buffer.from(encodeFeedMessage('recorded', message).body).toString()));
    for (const share of [0.2, 0.6]) {
      start('recorded', source);
      await until('recorded', (lastSeq) => lastSeq > expected.length * share);
      await end('SIGKILL');
    }
    start('recorded', source);
    await until('recorded', (lastSeq) => lastSeq >= expected.length);
    expect(await end('SIGTERM')).toBe(0);
    const bodies: string[] = [];
    for await (const { data, seq } of readStream(connection, { stream: ticksStream('recorded'), fromSeq: 1, signal: never })) {
      bodies.push(Buffer.from(data).toString());
      if (seq === expected.length) break;
    }
    expect((await streamBounds(connection, ticksStream('recorded'))).lastSeq).toBe(expected.length);
    expect(bodies.findIndex((body, i) => body !== expected[i])).toBe(-1);
  }, 60_000);

  test('live, with kill -9: each tick once, and a gap that spans what was missed', async () => {
    const frames = gunzipSync(readFileSync(recording)).toString('utf8').split('\n').slice(0, 1_000).map((line) => line.slice(20));
    const venue = await startFakeVenue(frames, [{ do: 'send', count: 500 }, { do: 'fallQuiet' }, { do: 'miss', count: 100 }, { do: 'send', count: 400 }, { do: 'fallQuiet' }]);
    const source: SourceConfig = { kind: 'binance', market: 'usdm', streamUrl: venue.url, symbols: ['BTCUSDT'] };
    const ticksOf = (messages: readonly FeedMessage[]) => messages.filter((message) => message.type === 'trade' || message.type === 'quote');
    const isTickFrame = (text: string): boolean => /@(trade|bookTicker)/.test(text);
    const [first, second] = [frames.slice(0, 500), frames.slice(600)].map((part) => part.filter(isTickFrame).length) as [number, number];
    try {
      start('live', source);
      await until('live', (lastSeq) => lastSeq > first + 5);
      await end('SIGKILL');
      const before = await stored('live');
      expect(ticksOf(before)).toHaveLength(first);
      start('live', source);
      await until('live', (lastSeq) => lastSeq > before.length + second + 5);
      expect(await end('SIGTERM')).toBe(0);
      const all = await stored('live');
      expect(ticksOf(all)).toHaveLength(first + second);
      expect(all.slice(0, before.length)).toEqual(before);
      const gap = all[before.length]!;
      expect(gap).toMatchObject({ type: 'status', status: { kind: 'gap', from: before.at(-1)!.tsInit, to: gap.tsInit, reason: 'the source was not running' } });
      expect(all.every(({ tsInit }, i) => i === 0 || tsInit >= all[i - 1]!.tsInit)).toBe(true);
    } finally {
      await venue.close();
    }
  }, 60_000);
});
