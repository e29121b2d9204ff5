/**
 * Live, replay and the store are one code path: the bytes of every frame are the same, on every recording.
 * Live is a real nats-server with the source's publisher and the features service; the recorder fills a real store.
 */
import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { replay } from '../../cli/replay.ts';
import { runFeatures } from '../../processors/features/service.ts';
import { runRecorder } from '../../processors/recorder/recorder.ts';
import { createFrameEngine } from '../../quant/frames/engine.ts';
import { frameBytes } from '../../quant/frames/message.ts';
import { rebuildFrames } from '../../quant/frames/rebuild.ts';
import { featureSchema } from '../../quant/frames/schema.ts';
import type { Config } from '../../runtime/config.ts';
import { openStore } from '../../store/open.ts';
import { connect } from '../../streams/edge/connect.ts';
import { readStream } from '../../streams/edge/consume.ts';
import { openFeedPublisher } from '../../streams/edge/feedPublisher.ts';
import { streamBounds } from '../../streams/edge/stored.ts';
import { ensureStreams } from '../../streams/edge/streams.ts';
import { openRecording } from '../../streams/sources/recording.ts';
import { FEATURES, streamsFor, ticksStream } from '../../streams/streams.ts';
import { silentLog, testContext } from '../support/context.ts';
import { natsServerPath, startNatsServer } from '../support/natsServer.ts';
import { recording } from '../support/recordings.ts';

const available = natsServerPath() !== null;

async function until(condition: () => Promise<boolean> | boolean): Promise<void> {
  while (!(await condition())) await new Promise((resolve) => setTimeout(resolve, 50));
}

describe.skipIf(!available)('frames are the same bytes, live, replayed and from the store', () => {
  it.each(['binance-usdm', 'binance-spot', 'us-equity-ibm'].filter((name) => recording(name) !== null))('%s', async (name) => {
    const path = recording(name)!;
    const offline = await replay([path], { universe: 'main', stepMs: 1_000, out: null });
    const server = await startNatsServer();
    const dir = mkdtempSync(join(tmpdir(), 'foretick-store-'));
    const abort = new AbortController();
    try {
      const source = await openRecording([path]);
      const nats = { url: server.url, credentialsFile: null };
      const config: Config = {
        v: 1, dataDir: dir, nats, feed: { name: 'main', source: { kind: 'recording', paths: [path] }, virtual: true, speed: null, fastUntil: null },
        workers: 0, universes: [{ name: 'main', instruments: [...source.instruments], stepMs: 1_000, horizonsMs: [1_000, 5_000], leaders: source.instruments.slice(0, 2) }],
        training: { untilTs: null, minMinutes: 1, ungated: false }, store: { url: `sqlite:${join(dir, 'history.db')}` }, cache: { url: 'memory:' }, gateway: { host: '127.0.0.1', port: 0, tokenFile: '' },
      };
      const connection = await connect(nats, 'test', silentLog);
      await ensureStreams(connection, streamsFor(['main']));
      const context = testContext('features', abort.signal);
      const features = runFeatures(connection, config, config.universes[0]!, context);
      const recorder = runRecorder(connection, config, testContext('recorder', abort.signal));
      const publisher = await openFeedPublisher(connection, 'main', silentLog);
      for await (const chunk of source.messages(abort.signal)) await publisher.publish(chunk);
      await publisher.flush();
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
      rmSync(dir, { recursive: true, force: true });
    }
  }, 180_000);
});
