import { expect, test } from 'vitest';
import type { ServerMessage } from '../sdk/api.ts';
import type { LatestPrice } from '../streams/messages/latest.ts';
import { createHub } from './hub.ts';
import { MAX_REFUSALS, type Sink } from './hubConnection.ts';

const price = (ts: number): LatestPrice => ({ v: 1, ts, mid: ts, bid: null, ask: null, bidSize: null, askSize: null, last: null });

/** A reader with room for `room` messages. */
function createReader(room = Number.POSITIVE_INFINITY) {
  const got: ServerMessage[] = [];
  const ended: string[] = [];
  const reader = { room, got, ended, sink: {} as Sink };
  reader.sink = {
    hasRoom: () => reader.room > 0,
    send: (text) => {
      reader.room -= 1;
      got.push(JSON.parse(text) as ServerMessage);
    },
    together: (sends) => sends(),
    end: (why) => ended.push(why),
  };
  return reader;
}
const subscribe = (...instruments: string[]): string => JSON.stringify({ type: 'subscribe', instruments });

test('a subscription is answered with a snapshot of what is known, then updates of it only', () => {
  const hub = createHub(['x.A', 'x.B', 'x.C'], () => undefined);
  hub.update('price', 'x.A', price(1));
  hub.update('price', 'x.C', price(1));
  const reader = createReader();
  hub.connect(reader.sink).receive(subscribe('x.A', 'x.B'));
  hub.flush();
  expect(reader.got).toEqual([{ type: 'snapshot', instruments: [
    { instrument: 'x.A', price: price(1), prediction: null, score: null },
    { instrument: 'x.B', price: null, prediction: null, score: null },
  ] }]);
  hub.update('price', 'x.B', price(2));
  hub.update('price', 'x.C', price(2));
  hub.flush();
  expect(reader.got.slice(1)).toEqual([{ type: 'price', instrument: 'x.B', value: price(2) }]);
});

test('`*` is every instrument, and nothing is sent before a subscription', () => {
  const hub = createHub(['x.A', 'x.B'], () => undefined);
  const reader = createReader();
  const connection = hub.connect(reader.sink);
  hub.update('price', 'x.A', price(1));
  hub.flush();
  expect(reader.got).toEqual([]);
  connection.receive(subscribe('*'));
  hub.flush();
  expect(reader.got).toMatchObject([{ type: 'snapshot', instruments: [{ instrument: 'x.A' }, { instrument: 'x.B' }] }]);
});

test('a slow reader gets the newest of each kind and instrument once it has room, and no more', () => {
  const hub = createHub(['x.A', 'x.B'], () => undefined);
  const reader = createReader(1);
  hub.connect(reader.sink).receive(subscribe('*'));
  hub.flush();
  for (let ts = 1; ts <= 1_000; ts++) {
    hub.update('price', 'x.A', price(ts));
    hub.update('price', 'x.B', price(ts * 2));
    hub.flush();
  }
  expect(reader.got).toHaveLength(1);
  reader.room = Number.POSITIVE_INFINITY;
  hub.flush();
  expect(reader.got.slice(1)).toEqual([{ type: 'price', instrument: 'x.A', value: price(1_000) }, { type: 'price', instrument: 'x.B', value: price(2_000) }]);
  hub.flush();
  expect(reader.got).toHaveLength(3);
});

test('a snapshot that waits holds what came meanwhile, so no update of it follows', () => {
  const hub = createHub(['x.A'], () => undefined);
  const reader = createReader(0);
  hub.connect(reader.sink).receive(subscribe('x.A'));
  hub.update('price', 'x.A', price(7));
  reader.room = 10;
  hub.flush();
  expect(reader.got).toMatchObject([{ type: 'snapshot', instruments: [{ price: { ts: 7 } }] }]);
});

test('subscribing again replaces the set and what was owed of it', () => {
  const hub = createHub(['x.A', 'x.B'], () => undefined);
  const reader = createReader();
  const connection = hub.connect(reader.sink);
  connection.receive(subscribe('x.A'));
  hub.flush();
  hub.update('price', 'x.A', price(1));
  connection.receive(subscribe('x.B'));
  hub.update('price', 'x.A', price(2));
  hub.flush();
  expect(reader.got.map(({ type }) => type)).toEqual(['snapshot', 'snapshot']);
});

test.each([
  ['not json', /not JSON/],
  ['{"type":"shout"}', /type/],
  ['{"type":"subscribe","instruments":"x.A"}', /instruments/],
  [JSON.stringify({ type: 'subscribe', instruments: Array.from({ length: 601 }, () => 'x.A') }), /instruments/],
  [subscribe('x.A', 'x.Z'), /not served here: x\.Z; the subscription is unchanged/],
  [subscribe('__proto__'), /not served here/],
])('%.40s is refused in words', (text, words) => {
  const hub = createHub(['x.A'], () => undefined);
  const reader = createReader();
  hub.connect(reader.sink).receive(text);
  hub.flush();
  expect(reader.got).toEqual([{ type: 'refused', error: expect.stringMatching(words) }]);
});

test('a client that is only ever refused is ended, and leaves nothing behind', () => {
  const hub = createHub(['x.A'], () => undefined);
  const reader = createReader();
  const connection = hub.connect(reader.sink);
  for (let i = 0; i < MAX_REFUSALS; i++) connection.receive('?');
  expect(reader.ended).toHaveLength(1);
  expect(hub.size).toBe(0);
});

test('pings, health and refusals are owed once, however often they are due', () => {
  const hub = createHub(['x.A'], () => undefined);
  const reader = createReader(0);
  const connection = hub.connect(reader.sink);
  for (let i = 0; i < 5; i++) {
    connection.receive('{"type":"ping"}');
    connection.receive('?');
    hub.setHealth({ ok: i === 4, version: '1', services: [] });
  }
  reader.room = 100;
  hub.flush();
  expect(reader.got.map(({ type }) => type).sort()).toEqual(['health', 'pong', 'refused']);
  expect(reader.got.find(({ type }) => type === 'health')).toMatchObject({ value: { ok: true } });
});

test('values of other instruments are not kept', () => {
  const hub = createHub(['x.A'], () => undefined);
  hub.update('price', 'x.Z', price(1));
  expect(hub.latest('x.Z').price).toBeNull();
});

test('a flush is asked for when something became owed, and only then', () => {
  let asked = 0;
  const hub = createHub(['x.A', 'x.B'], () => (asked += 1));
  hub.connect(createReader().sink).receive(subscribe('x.A'));
  hub.flush();
  asked = 0;
  hub.update('price', 'x.B', price(1));
  expect(asked).toBe(0);
  hub.update('price', 'x.A', price(1));
  expect(asked).toBe(1);
});
