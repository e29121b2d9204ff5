/** The edge against a real nats-server that is killed in mid-run: nothing lost, nothing doubled, one writer. */
import { Objm } from '@nats-io/obj';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { natsServerPath, type NatsServer, startNatsServer } from '../../tests/support/natsServer.ts';
import { FencedError } from '../../runtime/errors.ts';
import type { FeedMessage } from '../messages/feed.ts';
import { BUCKET, FEATURES, streamsFor, ticksStream } from '../streams.ts';
import { type Connection, connect } from './connect.ts';
import { lastPerSubject, readStream } from './consume.ts';
import { openFeedPublisher } from './feedPublisher.ts';
import { openFencedSubject } from './fencedSubject.ts';
import { openBucket } from './natsJournal.ts';
import { openObjects } from './objects.ts';
import { streamBounds } from './stored.ts';
import { ensureBuckets, ensureStreams } from './streams.ts';

const log = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };
const available = natsServerPath() !== null;
/** Takes the first part of an object out of its stream, as a bad disk might. */
async function removeChunk({ js, jsm }: Connection, stream: string, name: string): Promise<void> {
  const info = await (await new Objm(js).open(stream.slice('OBJ_'.length))).info(name);
  const part = await jsm.direct.getMessage(stream, { next_by_subj: `$O.${stream.slice('OBJ_'.length)}.C.${info!.nuid}`, seq: 1 });
  await jsm.streams.deleteMessage(stream, part!.seq);
}
const clock = (tsInit: number): FeedMessage => ({ v: 1, type: 'clock', tsInit });
const chunk = (from: number, n: number): FeedMessage[] => Array.from({ length: n }, (_, i) => clock((from + i) * 100_000));

describe.skipIf(!available)('edge', () => {
  let server: NatsServer;
  let connection: Connection;
  const never = new AbortController().signal;

  beforeAll(async () => {
    server = await startNatsServer();
    connection = await connect({ url: server.url, credentialsFile: null }, 'test', log);
    await ensureStreams(connection, streamsFor(['a', 'b', 'c', 'd']));
    await ensureBuckets(connection);
  });
  afterAll(async () => {
    await connection.close();
    await server.stop();
  });

  it('publishes a feed through kill -9 of the server, and reads it back whole and in order', async () => {
    const publisher = await openFeedPublisher(connection, 'a', log);
    const seen: number[] = [];
    const abort = new AbortController();
    const reading = (async () => {
      for await (const message of readStream(connection, { stream: ticksStream('a'), fromSeq: 1, signal: abort.signal })) {
        seen.push(message.seq);
        if (message.seq === 30_000) break;
      }
    })();
    for (let i = 0; i < 30; i++) {
      if (i === 10 || i === 20) {
        await server.kill();
        setTimeout(() => void server.start(), 300);
      }
      await publisher.publish(chunk(i * 1_000, 1_000));
    }
    await publisher.flush();
    await reading;
    expect(await streamBounds(connection, ticksStream('a'))).toEqual({ firstSeq: 1, lastSeq: 30_000 });
    expect(seen).toEqual(Array.from({ length: 30_000 }, (_, i) => i + 1));
  });

  it('a damaged object counts as missing, and the log says so', async () => {
    const told: string[] = [];
    const telling = await connect({ url: server.url, credentialsFile: null }, 'test', { ...log, error: (...args: unknown[]) => void told.push(String(args[1])) });
    const objects = await openObjects(telling, BUCKET.snapshots);
    await objects.put('whole', new Uint8Array(300_000));
    await objects.put('damaged', new Uint8Array(300_000));
    await removeChunk(connection, `OBJ_${BUCKET.snapshots}`, 'damaged');
    expect(await objects.get('damaged')).toBeNull();
    expect(told).toEqual([expect.stringMatching(/damaged and counts as missing: received a corrupt object/)]);
    expect((await objects.get('whole'))?.length).toBe(300_000);
    await telling.close();
  });

  it('an object whose parts are gone counts as missing after two tries, and the log says so', async () => {
    const told: string[] = [];
    const note = (_: unknown, text?: string): void => void told.push(String(text));
    const objects = await openBucket(connection.js, BUCKET.snapshots, 1, { ...log, warn: note, error: note }, 300);
    await objects.put('hollow', Uint8Array.of(1, 2, 3));
    await removeChunk(connection, `OBJ_${BUCKET.snapshots}`, 'hollow');
    expect(await objects.get('hollow')).toBeNull();
    expect(told).toEqual([expect.stringMatching(/did not arrive within 0.3 s; asked for once more/), expect.stringMatching(/damaged and counts as missing: SNAPSHOTS\/hollow did not arrive/)]);
    await objects.put('hollow', Uint8Array.of(4));
    expect(await objects.get('hollow')).toEqual(Uint8Array.of(4));
  });

  it('parts that a killed process left without an object are removed at a start, those of a put under way are not', async () => {
    const objects = await openObjects(connection, BUCKET.snapshots);
    await objects.put('whole', new Uint8Array(300_000).fill(7));
    const parts = (): Promise<string[]> => connection.jsm.streams.info(`OBJ_${BUCKET.snapshots}`, { subjects_filter: `$O.${BUCKET.snapshots}.C.>` }).then(({ state }) => Object.keys(state.subjects ?? {}));
    const before = await parts();
    const left = `$O.${BUCKET.snapshots}.C.LEFT`;
    for (let i = 0; i < 3; i++) await connection.js.publish(left, new Uint8Array(1_000));
    await ensureBuckets(connection);
    expect((await parts()).toSorted()).toEqual([...before, left].toSorted());
    await ensureBuckets(connection, 1, 0);
    expect((await parts()).toSorted()).toEqual(before.toSorted());
    expect(await objects.get('whole')).toEqual(new Uint8Array(300_000).fill(7));
  });

  it('reads a backlog through one reader: pulls that end as they should are no loss', async () => {
    let opened = 0;
    const counting = { ...connection, openReader: (...args: Parameters<Connection['openReader']>) => ((opened += 1), connection.openReader(...args)) };
    let seen = 0;
    for await (const message of readStream(counting, { stream: ticksStream('a'), fromSeq: 1, signal: never })) {
      seen += 1;
      if (message.seq === 30_000) break;
    }
    expect({ seen, opened }).toEqual({ seen: 30_000, opened: 1 });
  });

  it('readers of a backlog let timers fire at least every 40 ms, however many they are', async () => {
    const publisher = await openFeedPublisher(connection, 'd', log);
    await publisher.publish(chunk(0, 2_000));
    await publisher.flush();
    let sinceTurn = 0;
    let most = 0;
    const turns = setInterval(() => (sinceTurn = 0), 1);
    const abort = new AbortController();
    try {
      await Promise.all(Array.from({ length: 4 }, async () => {
        for await (const { seq } of readStream(connection, { stream: ticksStream('d'), fromSeq: 1, signal: abort.signal })) {
          const untilMs = performance.now() + 0.05;
          while (performance.now() < untilMs); // work, as a universe has it
          most = Math.max(most, ++sinceTurn);
          if (seq === 2_000) break;
        }
      }));
    } finally {
      clearInterval(turns);
      abort.abort();
    }
    expect(most).toBeLessThan(40 / 0.05 + 20);
  });

  it('refuses a second writer of a feed', async () => {
    const first = await openFeedPublisher(connection, 'b', log);
    const second = await openFeedPublisher(connection, 'b', log);
    await first.publish(chunk(0, 10));
    await first.flush();
    await expect(second.publish(chunk(5, 10))).rejects.toThrow(FencedError);
    expect((await streamBounds(connection, ticksStream('b'))).lastSeq).toBe(10);
  });

  it('fences a subject; an equal message of a zombie is refused too, and stored once', async () => {
    const body = (n: number): Uint8Array => new TextEncoder().encode(`{"n":${n}}`);
    const first = await openFencedSubject(connection, FEATURES, 'features.u', never);
    const zombie = await openFencedSubject(connection, FEATURES, 'features.u', never);
    await first.publish(body(1), { a: '1' });
    await expect(zombie.publish(body(2))).rejects.toThrow(FencedError);
    const again = await openFencedSubject(connection, FEATURES, 'features.u', never);
    expect(new TextDecoder().decode(again.last!.data)).toBe('{"n":1}');
    const seq = await again.publish(body(3), { a: '3' });
    await expect(first.publish(body(3), { a: '3' })).rejects.toThrow(FencedError);
    expect((await lastPerSubject(connection, FEATURES, 'features.*')).map((message) => message.seq)).toEqual([seq]);
  });

  it('keeps objects, the newest of a name', async () => {
    const objects = await openObjects(connection, 'TEST');
    expect(await objects.get('none')).toBeNull();
    await objects.put('x', new Uint8Array([1, 2]));
    await objects.put('x', new Uint8Array([3]));
    const bytes = (await objects.get('x'))!;
    expect(bytes).toEqual(new Uint8Array([3]));
    expect(bytes.buffer.byteLength).toBe(1);
  });
});
