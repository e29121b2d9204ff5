/**
 * The store is gone while the feed runs at full rate: locked by another process, its disk full, its folder read-only.
 * The recorder says so (metric, log, its line in `status`), and afterwards every row is there, once and in order.
 * Disk and folder are a small tmpfs, which takes root. FORETICK_OUTAGE_S=600 makes each outage as long as that, with 5,000 ticks a second.
 */
import { spawnSync } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runRecorder } from '../../processors/recorder/recorder.ts';
import type { Config } from '../../runtime/config.ts';
import { openStore } from '../../store/open.ts';
import { type Connection, connect } from '../../streams/edge/connect.ts';
import { type FeedPublisher, openFeedPublisher } from '../../streams/edge/feedPublisher.ts';
import { ensureStreams } from '../../streams/edge/streams.ts';
import type { FeedMessage } from '../../streams/messages/feed.ts';
import { streamsFor, ticksStream } from '../../streams/streams.ts';
import { silentLog, testContext } from '../support/context.ts';
import { natsServerPath, type NatsServer, startNatsServer } from '../support/natsServer.ts';
import { sleep, until } from '../support/pipeline.ts';

const OUTAGE_MS = Number(process.env['FORETICK_OUTAGE_S'] ?? 0) * 1_000;
const STREAM = ticksStream('main');
const T0 = 1_721_347_200_000_000;

const mount = (...args: string[]): boolean => spawnSync('mount', args, { stdio: 'ignore' }).status === 0;
function mountSmallDisk(dir: string): boolean {
  const ok = mount('-t', 'tmpfs', '-o', `size=${OUTAGE_MS > 0 ? '4g' : '64m'}`, 'tmpfs', dir);
  if (!ok) console.warn('skipped: full and read-only disks need root and the right to mount a tmpfs');
  return ok;
}

/** Everything that is left. */
function fillDisk(path: string): void {
  const fd = openSync(path, 'w');
  for (let bytes = 1 << 20; bytes >= 1_024; ) {
    try {
      if (writeSync(fd, new Uint8Array(bytes)) < bytes) bytes >>= 1;
    } catch {
      bytes >>= 1;
    }
  }
  closeSync(fd);
}

describe.skipIf(natsServerPath() === null)('a store that is gone at full rate', { timeout: 2 * OUTAGE_MS + 60_000 }, () => {
  const dir = mkdtempSync(join(tmpdir(), 'foretick-outage-'));
  const isMounted = mountSmallDisk(dir);
  const path = join(dir, 'history.db');
  const config = { dataDir: dir, feed: { name: 'main' }, store: { url: `sqlite:${path}` } } as unknown as Config;
  let server: NatsServer;
  let connection: Connection;
  let publisher: FeedPublisher;
  let published = 0;
  let recorder: { context: ReturnType<typeof testContext>; stop(): Promise<void> };

  const start = (): void => {
    const abort = new AbortController();
    const context = testContext('recorder', abort.signal);
    const running = runRecorder(connection, config, context);
    recorder = { context, stop: async () => (abort.abort(), running) };
  };
  const publish = async (count: number): Promise<void> => {
    const messages: FeedMessage[] = Array.from({ length: count }, (_, i) => ({ v: 1, type: 'quote', instrument: 'sim.A', bid: 1 + published + i, bidSize: 1, ask: 2 + published + i, askSize: 1, tsEvent: T0 + published + i, tsInit: T0 + published + i }));
    published += count;
    await publisher.publish(messages);
    await publisher.flush();
  };
  const metric = async (name: string): Promise<number | undefined> => (await recorder.context.metrics.getSingleMetric(name)?.get())?.values.find(({ labels }) => (labels['stream'] ?? STREAM) === STREAM)?.value;
  const isAway = async (words: RegExp): Promise<boolean> => words.test(recorder.context.health().detail) && (await metric('foretick_recorder_store_up')) === 0;

  /** Publishes while the store is gone, and looks that the recorder says so; afterwards it must catch up. */
  async function outage(words: RegExp, end: () => void): Promise<void> {
    await publish(5_000);
    await until(`the recorder to say ${String(words)}`, () => isAway(words));
    const from = performance.now();
    const rssMb = [process.memoryUsage.rss() / 1e6];
    for (let second = 1; second * 1_000 < OUTAGE_MS; second++) {
      await publish(5_000);
      await sleep(Math.max(0, second * 1_000 - (performance.now() - from)));
      rssMb.push(process.memoryUsage.rss() / 1e6);
    }
    const lag = await metric('foretick_recorder_lag_messages');
    end();
    const back = performance.now();
    await until('the recorder to catch up', async () => recorder.context.health().cursors[STREAM] === published, 60_000 + OUTAGE_MS);
    if (OUTAGE_MS > 0) console.log(`${String(words)}: ${OUTAGE_MS / 1_000} s, ${lag} messages behind, process ${rssMb[0]!.toFixed(0)} MB at the start, ${Math.max(...rssMb).toFixed(0)} MB at most, caught up ${((performance.now() - back) / 1_000).toFixed(1)} s after the end`);
    expect(await metric('foretick_recorder_store_up')).toBe(1);
    expect(recorder.context.health().detail).toBe('');
    expect(await metric('foretick_recorder_lag_messages')).toBe(0);
  }

  beforeAll(async () => {
    server = await startNatsServer();
    connection = await connect({ url: server.url, credentialsFile: null }, 'test', silentLog);
    await ensureStreams(connection, streamsFor(['main']));
    publisher = await openFeedPublisher(connection, 'main', silentLog);
    start();
    await publish(1_000);
    await until('the first rows', () => recorder.context.health().cursors[STREAM] === published);
  });
  afterAll(async () => {
    await recorder.stop();
    await connection.close();
    await server.stop();
    if (isMounted) spawnSync('umount', [dir]);
    rmSync(dir, { recursive: true, force: true });
  });

  it('locked by another process', async () => {
    const other = new DatabaseSync(path);
    other.exec('BEGIN IMMEDIATE');
    await outage(/another process is writing/, () => other.close());
  });

  it.skipIf(!isMounted)('disk full', async () => {
    const filler = join(dir, 'filler');
    fillDisk(filler);
    // What is free inside the files is used up first.
    for (let i = 0; i < 40 && !(await isAway(/disk is full/)); i++) {
      await publish(5_000);
      await sleep(100);
    }
    await outage(/the disk is full/, () => rmSync(filler));
  });

  it.skipIf(!isMounted)('folder read-only at a restart', async () => {
    await recorder.stop();
    expect(mount('-o', 'remount,ro', dir)).toBe(true);
    start();
    await outage(/may only be read|cannot be opened/, () => void mount('-o', 'remount,rw', dir));
  });

  it('and nothing is missing, doubled or out of order', async () => {
    const store = openStore(config.store.url);
    let seq = 0;
    for await (const rows of store.feedRows('main', 1)) for (const row of rows) expect(row.seq).toBe(++seq);
    expect(seq).toBe(published);
    await store.close();
  });
});
