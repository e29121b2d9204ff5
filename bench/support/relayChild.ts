/**
 * One hop of the bare relay: takes what stands in one stream and writes into the next, or onto WebSockets, and does nothing else. A
 * payload is the frame's time in 20 digits, filled up to the size that the product's message has.
 */
import type { AddressInfo } from 'node:net';
import { AckPolicy, DeliverPolicy, jetstream, jetstreamManager } from '@nats-io/jetstream';
import { connect } from '@nats-io/transport-node';
import { WebSocketServer } from 'ws';
import { createAppend } from '../../streams/edge/acks.ts';
import type { Publisher } from './publisher.ts';

export interface Hop {
  readonly url: string;
  readonly publisher: Publisher;
  readonly from: string;
  /** Subjects that are passed on; the other messages are only read. */
  readonly only: string | null;
  /** Known time is passed on at multiples of this, µs. */
  readonly stepUs: number;
  /** null: onto WebSockets. */
  readonly to: readonly string[] | null;
  readonly bytes: number;
}

const TIME_DIGITS = 20;
/** Nobody reads the stacks of the client's errors. */
Error.stackTraceLimit = 0;
const hop = JSON.parse(process.argv[2]!) as Hop;
const nc = await connect({ servers: hop.url, noAsyncTraces: true });
const js = jetstream(nc);
const decoder = new TextDecoder();
const filling = 'x'.repeat(Math.max(0, hop.bytes - TIME_DIGITS));

/** The first hop reads the product's own clock messages. */
const timeOf = (data: Uint8Array): number => (data[0] === 0x7b ? (JSON.parse(decoder.decode(data)) as { tsInit: number }).tsInit : Number(decoder.decode(data.subarray(0, TIME_DIGITS))));

let pass: (payload: string) => void;
let port = 0;
if (hop.to === null) {
  const sockets = new WebSocketServer({ host: '127.0.0.1', port: 0, perMessageDeflate: false });
  await new Promise((resolve) => sockets.once('listening', resolve));
  port = (sockets.address() as AddressInfo).port;
  pass = (payload) => {
    for (const socket of sockets.clients) socket.send(payload);
  };
} else {
  const subjects = hop.to;
  const encoder = new TextEncoder();
  const append = createAppend(nc, '_INBOX');
  const store = hop.publisher === 'client' ? (subject: string, body: Uint8Array) => js.publish(subject, body) : (subject: string, body: Uint8Array) => append(subject, body, { timeoutMs: 5_000 });
  pass = (payload) => {
    const body = encoder.encode(payload);
    for (const subject of subjects) void store(subject, body).catch(() => undefined);
  };
}
const { name } = await (await jetstreamManager(nc)).consumers.add(hop.from, { ack_policy: AckPolicy.None, deliver_policy: DeliverPolicy.New, mem_storage: true });
const consumer = await js.consumers.get(hop.from, name);
await consumer.consume({
  max_messages: 5_000,
  callback: ({ subject, data }) => {
    if (hop.only !== null && subject !== hop.only) return;
    const ts = timeOf(data);
    if (ts % hop.stepUs === 0) pass(String(ts).padStart(TIME_DIGITS, '0') + filling);
  },
});
process.once('disconnect', () => process.exit(0));
process.send!({ type: 'ready', port });
