/**
 * The limits: what stands beside the services, written against the libraries alone, with nothing of the product but its messages; and its publisher, where that is asked for.
 * A process of its own for each part. It says `ready`, begins at `go`, and says `done` with its seconds.
 */
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { AckPolicy, DeliverPolicy, jetstream, jetstreamManager, type JsMsg } from '@nats-io/jetstream';
import { connect } from '@nats-io/transport-node';
import { Sender } from '@questdb/nodejs-client';
import { openFeedPublisher } from '../../streams/edge/feedPublisher.ts';
import { encodeFeedMessage } from '../../streams/messages/feed.ts';
import type { Publisher } from './publisher.ts';
import { connectQuietly, quietLog } from './quiet.ts';
import { simulatedFeed } from './ticks.ts';

export type Order =
  | { readonly kind: 'publish'; readonly url: string; readonly publisher: Publisher; readonly feed: string; readonly symbols: number; readonly minutes: number }
  | { readonly kind: 'consume'; readonly url: string; readonly stream: string; readonly count: number }
  | { readonly kind: 'sqlite'; readonly url: string; readonly stream: string; readonly count: number; readonly rowsAtOnce: number }
  | { readonly kind: 'questdb'; readonly url: string; readonly stream: string; readonly count: number; readonly rowsAtOnce: number; readonly lookEveryMs: number; readonly http: string; readonly table: string };

const decoder = new TextDecoder();
/** Nobody reads the stacks of the client's errors. */
Error.stackTraceLimit = 0;

const go = (): Promise<void> => new Promise((resolve) => process.once('message', () => resolve()));
const tell = (message: object): void => void process.send!(message);

const WINDOW = 2_000;

async function publish({ url, publisher, feed, symbols, minutes }: Extract<Order, { kind: 'publish' }>): Promise<() => Promise<void>> {
  const { messages } = await simulatedFeed(symbols, minutes);
  if (publisher === 'product') {
    const window = await openFeedPublisher(await connectQuietly(url), feed, quietLog);
    return async () => {
      await window.publish(messages);
      await window.flush();
    };
  }
  const js = jetstream(await connect({ servers: url, noAsyncTraces: true }));
  return async () => {
    const acks: Promise<unknown>[] = [];
    for (const [i, message] of messages.entries()) {
      if (i >= WINDOW && i % (WINDOW / 2) === 0) await Promise.all(acks.slice(i - WINDOW, i - WINDOW / 2));
      const { subject, body } = encodeFeedMessage(feed, message);
      acks.push(js.publish(subject, body, { expect: { lastSequence: i }, timeout: 5_000 }));
    }
    await Promise.all(acks);
  };
}

async function reader(url: string, stream: string): Promise<(count: number, take: (message: JsMsg) => void | Promise<void>) => Promise<void>> {
  const nc = await connect({ servers: url });
  const { name } = await (await jetstreamManager(nc)).consumers.add(stream, { ack_policy: AckPolicy.None, deliver_policy: DeliverPolicy.All, mem_storage: true });
  const consumer = await jetstream(nc).consumers.get(stream, name);
  return async (count, take) => {
    let seen = 0;
    const messages = await consumer.consume({ max_messages: 5_000 });
    for await (const message of messages) {
      const waiting = take(message);
      if (waiting !== undefined) await waiting;
      if (++seen === count) break;
    }
  };
}

async function intoSqlite({ url, stream, count, rowsAtOnce }: Extract<Order, { kind: 'sqlite' }>): Promise<() => Promise<void>> {
  const read = await reader(url, stream);
  const db = new DatabaseSync(join(mkdtempSync(join(tmpdir(), 'foretick-bare-')), 'bare.db'));
  // The recorder's own table and index: without the index the queries would not be those of the product.
  db.exec(`PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA cache_size = -64000; PRAGMA wal_autocheckpoint = 4000;
    CREATE TABLE feed_row (feed INTEGER NOT NULL, seq INTEGER NOT NULL, subject INTEGER NOT NULL, ts_init INTEGER NOT NULL, body BLOB NOT NULL, PRIMARY KEY (feed, seq)) STRICT, WITHOUT ROWID;
    CREATE INDEX feed_row_by_time ON feed_row (subject, ts_init); BEGIN`);
  const insert = db.prepare('INSERT INTO feed_row VALUES (1, ?, ?, ?, ?)');
  const subjects = new Map<string, number>();
  return async () => {
    let rows = 0;
    await read(count, ({ seq, subject, data }) => {
      const { tsInit } = JSON.parse(decoder.decode(data)) as { tsInit: number };
      let id = subjects.get(subject);
      if (id === undefined) subjects.set(subject, (id = subjects.size));
      insert.run(seq, id, tsInit, data);
      if (++rows % rowsAtOnce === 0) db.exec('COMMIT; BEGIN');
    });
    db.exec('COMMIT');
  };
}

async function intoQuestdb({ url, stream, count, rowsAtOnce, lookEveryMs, http, table }: Extract<Order, { kind: 'questdb' }>): Promise<() => Promise<void>> {
  const read = await reader(url, stream);
  const { hostname, port, username, password, origin } = new URL(http);
  const sql = async (query: string): Promise<{ dataset: number[][] }> =>
    (await (await fetch(`${origin}/exec?query=${encodeURIComponent(query)}`, { headers: { authorization: `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}` } })).json()) as { dataset: number[][] };
  await sql(`CREATE TABLE ${table} (subject SYMBOL, seq LONG, ts_init LONG, body VARCHAR, time TIMESTAMP) TIMESTAMP(time) PARTITION BY DAY WAL DEDUP UPSERT KEYS(time, seq)`);
  const sender = await Sender.fromConfig(`http::addr=${hostname}:${port};username=${username};password=${password};auto_flush=off;protocol_version=2`);
  return async () => {
    let rows = 0;
    let last = 0;
    await read(count, ({ seq, subject, data }) => {
      const body = decoder.decode(data);
      const { tsInit } = JSON.parse(body) as { tsInit: number };
      last = Math.max(last + 1, tsInit);
      sender.table(table).symbol('subject', subject).intColumn('seq', seq).intColumn('ts_init', tsInit).stringColumn('body', body);
      const row = sender.at(last, 'us');
      return ++rows % rowsAtOnce === 0 ? row.then(() => sender.flush()).then(() => undefined) : undefined;
    });
    await sender.flush();
    while ((await sql(`SELECT count() FROM ${table}`)).dataset[0]![0]! < count) await new Promise((resolve) => setTimeout(resolve, lookEveryMs));
  };
}

async function prepare(order: Order): Promise<() => Promise<void>> {
  if (order.kind === 'publish') return publish(order);
  if (order.kind === 'sqlite') return intoSqlite(order);
  if (order.kind === 'questdb') return intoQuestdb(order);
  const read = await reader(order.url, order.stream);
  return () => read(order.count, () => undefined);
}

process.once('disconnect', () => process.exit(1));
const work = await prepare(JSON.parse(process.argv[2]!) as Order);
const started = go();
tell({ type: 'ready' });
await started;
const from = performance.now();
await work();
tell({ type: 'done', seconds: (performance.now() - from) / 1_000 });
await go();
process.exit(0);
