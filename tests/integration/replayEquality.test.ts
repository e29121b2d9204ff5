/**
 * Live, replay and the store are one code path: the bytes of every frame are the same, on every recording.
 * Live is a real nats-server with the source's publisher and the features service; the recorder fills a real store.
 * Of IBM's three days the first; with FORETICK_FULL=1 all of them.
 */
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { replay } from '../../cli/replay.ts';
import { runFeatures } from '../../processors/features/service.ts';
import { runRecorder } from '../../processors/recorder/recorder.ts';
import { createFrameEngine } from '../../quant/frames/engine.ts';
import { frameBytes } from '../../quant/frames/message.ts';
import { rebuildFrames } from '../../quant/frames/rebuild.ts';
import { featureSchema } from '../../quant/frames/schema.ts';
import { wallClock } from '../../runtime/clock.ts';
import type { Config } from '../../runtime/config.ts';
import { openStore } from '../../store/open.ts';
import { type Connection, connect } from '../../streams/edge/connect.ts';
import { readStream } from '../../streams/edge/consume.ts';
import { openFeedPublisher } from '../../streams/edge/feedPublisher.ts';
import { streamBounds } from '../../streams/edge/stored.ts';
import { ensureStreams } from '../../streams/edge/streams.ts';
import { fromInstrumentId } from '../../streams/instrument.ts';
import { pump } from '../../streams/sources/pump.ts';
import { openRecording } from '../../streams/sources/recording.ts';
import { FEATURES, streamsFor, ticksStream } from '../../streams/streams.ts';
import { silentLog, testContext } from '../support/context.ts';
import { natsServerPath, startNatsServer } from '../support/natsServer.ts';
import { recording } from '../support/recordings.ts';

const available = natsServerPath() !== null;

async function until(condition: () => Promise<boolean> | boolean): Promise<void> {
  while (!(await condition())) await new Promise((resolve) => setTimeout(resolve, 50));
}

const IBM = 'us-equity-ibm';
const IBM_FILES = process.env['FORETICK_FULL'] === '1' ? null : ['20131007_trade.zip', '20131007_quote.zip'];
const TWO_VENUES = 'spot and futures in one feed';
const LINES = 8_000;

function pathsOf(name: string, folder: string): string[] {
  if (name === TWO_VENUES) return twoVenues(folder);
  const whole = recording(name)!;
  return name === IBM && IBM_FILES !== null ? IBM_FILES.map((file) => join(whole, file)) : [whole];
}

/** The first lines of each. They are of different days: spot is set to the time of the other, so that their ticks lie between each other. */
function twoVenues(folder: string): string[] {
  const linesOf = (name: string, file: string): string[] => gunzipSync(readFileSync(join(recording(name)!, file))).toString('utf8').split('\n').slice(0, LINES);
  const nsOf = (line: string): bigint => BigInt(line.slice(0, line.indexOf(' ')));
  const futures = linesOf('binance-usdm', 'btcusdt_20240718.gz');
  const spot = linesOf('binance-spot', 'btcusdt_20240808.gz');
  const shiftNs = nsOf(futures[0]!) - nsOf(spot[0]!);
  const files = { 'btcusdt_futures.gz': futures, 'btcusdt_spot.gz': spot.map((line) => `${nsOf(line) + shiftNs}${line.slice(line.indexOf(' '))}`) };
  return Object.entries(files).map(([name, lines]) => {
    writeFileSync(join(folder, name), gzipSync(lines.join('\n')));
    return join(folder, name);
  });
}

async function publishAll(connection: Connection, paths: readonly string[]): Promise<void> {
  const publisher = await openFeedPublisher(connection, 'main', silentLog);
  for await (const chunk of (await openRecording(paths)).messages(new AbortController().signal)) await publisher.publish(chunk);
  await publisher.flush();
}

/** The source as it runs, stopped in the middle and started again: it goes on from what is stored. */
async function publishWithRestart(connection: Connection, config: Config, paths: readonly string[]): Promise<void> {
  const { length } = await openRecording(paths).then(async (source) => {
    let length = 0;
    for await (const chunk of source.messages(new AbortController().signal)) length += chunk.length;
    return { length };
  });
  for (const until of [length / 3, length]) {
    const stop = new AbortController();
    const context = testContext('source', stop.signal);
    const report: typeof context.report = (change) => {
      if ((change.cursors?.[ticksStream('main')] ?? 0) >= until) stop.abort();
    };
    await pump(await openRecording(paths), await openFeedPublisher(connection, 'main', silentLog), config.feed, wallClock, { ...context, report });
  }
}

describe.skipIf(!available)('frames are the same bytes, live, replayed and from the store', () => {
  const cases = ['binance-usdm', 'binance-spot', IBM, TWO_VENUES].filter((name) => name === TWO_VENUES ? recording('binance-usdm') !== null && recording('binance-spot') !== null : recording(name) !== null);
  it.each(cases)('%s', async (name) => {
    const shifted = mkdtempSync(join(tmpdir(), 'foretick-shifted-'));
    const paths = pathsOf(name, shifted);
    const offline = await replay(paths, { universe: 'main', stepMs: 1_000, out: null });
    const server = await startNatsServer();
    const dir = mkdtempSync(join(tmpdir(), 'foretick-store-'));
    const abort = new AbortController();
    try {
      const source = await openRecording(paths);
      const nats = { url: server.url, credentialsFile: null };
      const config: Config = {
        v: 1, dataDir: dir, nats, feed: { name: 'main', source: { kind: 'recording', paths }, virtual: true, speed: null, fastUntil: null },
        workers: 0, universes: [{ name: 'main', instruments: [...source.instruments], stepMs: 1_000, horizonsMs: [1_000, 5_000], leaders: source.instruments.slice(0, 2) }],
        training: { untilTs: null, minMinutes: 1, ungated: false }, store: { url: `sqlite:${join(dir, 'history.db')}` }, cache: { url: 'memory:' }, gateway: { host: '127.0.0.1', port: 0, tokenFile: '' },
      };
      const connection = await connect(nats, 'test', silentLog);
      await ensureStreams(connection, streamsFor(['main']));
      const context = testContext('features', abort.signal);
      const features = runFeatures(connection, config, config.universes[0]!, context);
      const recorder = runRecorder(connection, config, testContext('recorder', abort.signal));
      if (name === TWO_VENUES) expect(new Set(source.instruments.map((id) => fromInstrumentId(id).venue))).toEqual(new Set(['binance-spot', 'binance-usdm']));
      if (name === TWO_VENUES) await publishWithRestart(connection, config, paths);
      else await publishAll(connection, paths);
      const { lastSeq } = await streamBounds(connection, ticksStream('main'));
      const store = await openStore(config.store.url);
      await until(async () => context.health().cursors[ticksStream('main')] === lastSeq && (await store.cursor(ticksStream('main'))) === lastSeq);

      const live = createHash('sha256');
      let count = 0;
      for await (const message of readStream(connection, { stream: FEATURES, fromSeq: 1, signal: abort.signal })) {
        live.update(message.data);
        if (++count === offline.frames) break;
      }
      expect((await streamBounds(connection, FEATURES)).lastSeq).toBe(offline.frames);
      expect(live.digest('hex')).toBe(offline.sha256);

      const { features: definitions, hash } = featureSchema(1_000);
      const stored = createHash('sha256');
      for await (const frame of rebuildFrames(createFrameEngine({ ...config.universes[0]!, features: definitions }), store.feedRows('main', 1))) stored.update(frameBytes('main', hash, config.universes[0]!.instruments, frame));
      expect(stored.digest('hex')).toBe(offline.sha256);

      abort.abort();
      await Promise.all([features, recorder]);
      await store.close();
      await connection.close();
    } finally {
      abort.abort();
      await server.stop();
      for (const folder of [dir, shifted]) rmSync(folder, { recursive: true, force: true });
    }
  }, 400_000);
});
