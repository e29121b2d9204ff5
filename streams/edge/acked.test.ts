/**
 * A journal of acknowledged publishes against what the stream holds, while nats-server is killed with -9 again and again
 * at full rate: none is lost, none is there twice, their order is kept. The feed, a fenced subject, and the bare client.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createRandom } from '../../quant/random.ts';
import { natsServerPath, type NatsServer, startNatsServer } from '../../tests/support/natsServer.ts';
import { silentLog } from '../../tests/support/context.ts';
import { sleep, until } from '../../tests/support/pipeline.ts';
import type { Journal } from '../journal.ts';
import type { FeedMessage } from '../messages/feed.ts';
import { FEATURES, PREDICTIONS, streamsFor, ticksStream } from '../streams.ts';
import { type Connection, connect } from './connect.ts';
import { readStream } from './consume.ts';
import { openFeedPublisher } from './feedPublisher.ts';
import { openFencedSubject } from './fencedSubject.ts';
import { streamBounds } from './stored.ts';
import { ensureStreams } from './streams.ts';

const KILLS = process.env['FORETICK_FULL'] ? 40 : 2;
const CHUNK = 1_000;
const BARE_WINDOW = 1_000;

const bytes = (n: number): Uint8Array => new TextEncoder().encode(`{"n":${n}}`);
const numberIn = (data: Uint8Array): number => (JSON.parse(new TextDecoder().decode(data)) as { n: number }).n;

/** Sequence → message, as the server acknowledged it. An acknowledgement of a sequence that was already given is kept as a fault. */
function createAcked() {
  const bySeq = new Map<number, number>();
  const twice: number[] = [];
  return {
    bySeq, twice,
    add(seq: number, n: number): void {
      if (bySeq.has(seq)) twice.push(seq);
      bySeq.set(seq, n);
    },
  };
}
type Acked = ReturnType<typeof createAcked>;

describe.skipIf(natsServerPath() === null)('acknowledged publishes', { timeout: 60_000 + KILLS * 10_000 }, () => {
  let server: NatsServer;
  let connection: Connection;
  const stop = new AbortController();
  const feed = createAcked();
  const fenced = createAcked();
  const bare = createAcked();
  let published = { feed: 0, fenced: 0, bare: 0 };

  /** The connection, with a note of what was acknowledged. */
  const noting = (acked: Acked, n: (body: Uint8Array) => number): Journal => ({
    ...connection,
    append: async (subject, body, options) => {
      const seq = await connection.append(subject, body, options);
      acked.add(seq, n(body));
      return seq;
    },
  });

  async function publishFeed(): Promise<void> {
    const publisher = await openFeedPublisher(noting(feed, (body) => (JSON.parse(new TextDecoder().decode(body)) as { tsInit: number }).tsInit), 'a', silentLog);
    while (!stop.signal.aborted) {
      const chunk = Array.from({ length: CHUNK }, (_, i): FeedMessage => ({ v: 1, type: 'clock', tsInit: published.feed + i + 1 }));
      published = { ...published, feed: published.feed + CHUNK };
      await publisher.publish(chunk);
    }
    await publisher.flush();
  }
  async function publishFenced(): Promise<void> {
    const subject = await openFencedSubject(noting(fenced, numberIn), FEATURES, 'features.u', new AbortController().signal);
    while (!stop.signal.aborted) {
      published = { ...published, fenced: published.fenced + 1 };
      await subject.publish(bytes(published.fenced));
    }
  }
  /** Nothing is sent again: what was not acknowledged may be there or not. */
  async function publishBare(): Promise<void> {
    const open = new Set<Promise<void>>();
    while (!stop.signal.aborted) {
      if (open.size >= BARE_WINDOW || connection.isAway()) await Promise.race([sleep(5), ...open]);
      else {
        published = { ...published, bare: published.bare + 1 };
        const n = published.bare;
        const sent: Promise<void> = connection.js.publish('predictions.u', bytes(n), { timeout: 1_500 }).then(({ seq }) => bare.add(seq, n), () => undefined).finally(() => open.delete(sent));
        open.add(sent);
      }
    }
    await Promise.all(open);
  }
  async function stored(stream: string, n: (data: Uint8Array) => number): Promise<Map<number, number>> {
    const { lastSeq } = await streamBounds(connection, stream);
    const found = new Map<number, number>();
    for await (const { seq, data } of readStream(connection, { stream, fromSeq: 1, signal: new AbortController().signal })) {
      found.set(seq, n(data));
      if (seq === lastSeq) break;
    }
    return found;
  }
  const lost = (acked: Acked, found: ReadonlyMap<number, number>): number[] => [...acked.bySeq].filter(([seq, n]) => found.get(seq) !== n).map(([seq]) => seq);

  beforeAll(async () => {
    server = await startNatsServer();
    connection = await connect({ url: server.url, credentialsFile: null }, 'test', silentLog);
    await ensureStreams(connection, streamsFor(['a']));
    const random = createRandom(11);
    const publishing = Promise.all([publishFeed(), publishFenced(), publishBare()]);
    for (let kill = 0; kill < KILLS; kill++) {
      const before = { feed: feed.bySeq.size, fenced: fenced.bySeq.size, bare: bare.bySeq.size };
      await until('each to be acknowledged again', () => feed.bySeq.size > before.feed && fenced.bySeq.size > before.fenced && bare.bySeq.size > before.bare, 30_000);
      await sleep(random.next() * 600);
      await server.kill();
      await sleep(random.next() * 300);
      await server.start();
    }
    await sleep(200);
    stop.abort();
    await publishing;
  }, 60_000 + KILLS * 10_000);
  afterAll(async () => {
    stop.abort(); // where the kills took too long
    await connection.close();
    await server.stop();
  });

  it('of a feed: each message once, at the place of its number', async () => {
    const found = await stored(ticksStream('a'), (data) => (JSON.parse(new TextDecoder().decode(data)) as { tsInit: number }).tsInit);
    expect(lost(feed, found)).toEqual([]);
    expect(feed.twice).toEqual([]);
    expect(found.size).toBe(published.feed);
    expect([...found].filter(([seq, n]) => seq !== n)).toEqual([]);
  });

  it('of a fenced subject: each message once, in order', async () => {
    const found = await stored(FEATURES, numberIn);
    expect(lost(fenced, found)).toEqual([]);
    expect(fenced.twice).toEqual([]);
    expect([...found.values()]).toEqual(Array.from({ length: published.fenced }, (_, i) => i + 1));
  });

  it('of the bare client: none lost, none twice, in order; unacknowledged ones may be missing', async () => {
    const found = await stored(PREDICTIONS, numberIn);
    expect(lost(bare, found)).toEqual([]);
    expect(bare.twice).toEqual([]);
    const order = [...found.values()];
    expect(order.filter((n, i) => i > 0 && n <= order[i - 1]!)).toEqual([]);
    if (process.env['FORETICK_FULL']) console.log(`${KILLS} kills: ${feed.bySeq.size}, ${fenced.bySeq.size}, ${bare.bySeq.size} acknowledged`);
  });
});
