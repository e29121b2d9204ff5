import { expect, test } from 'vitest';
import { createPublisher } from './publisher.ts';

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

/** A server that stores what it is sent while it is up. */
function createServer() {
  const stored: string[] = [];
  const server = { up: true, away: false, stored, onPublish: () => undefined as void };
  const journal = {
    isAway: () => server.away,
    append: async (subject: string, body: Uint8Array) => {
      server.onPublish();
      if (!server.up) throw new Error('no ack');
      return stored.push(`${subject}=${new TextDecoder().decode(body)}`);
    },
  };
  return { server, journal };
}

const update = (subject: string, text: string) => ({ subject, body: bytes(text) });

test('each value is stored once', async () => {
  const { server, journal } = createServer();
  let count = 0;
  const publisher = createPublisher(journal, (stored) => (count += stored));
  await publisher.publish([update('a', '1'), update('b', '1')]);
  await publisher.publish([]);
  expect([server.stored, count]).toEqual([['a=1', 'b=1'], 2]);
});

test('what got no ack is tried again, as the newest value by then', async () => {
  const { server, journal } = createServer();
  const publisher = createPublisher(journal, () => undefined);
  server.up = false;
  await publisher.publish([update('a', '1'), update('b', '1')]);
  server.up = true;
  await publisher.publish([update('a', '2')]);
  await publisher.publish([]);
  expect(server.stored).toEqual(['a=2', 'b=1']);
});

test('the first are on their way while the last are made', async () => {
  const { server, journal } = createServer();
  const publisher = createPublisher(journal, () => undefined);
  const storedBy: number[] = [];
  function* updates() {
    for (let i = 0; i < 20; i++) {
      storedBy.push(server.stored.length);
      yield update(`s${i}`, '1');
    }
  }
  await publisher.publish(updates());
  expect(storedBy[10]).toBeGreaterThan(0);
  expect(server.stored).toHaveLength(20);
});

test('while the server is away nothing is sent, and all is held', async () => {
  const { server, journal } = createServer();
  const publisher = createPublisher(journal, () => undefined);
  server.away = true;
  await publisher.publish([update('a', '1')]);
  expect(server.stored).toEqual([]);
  server.away = false;
  await publisher.publish([]);
  expect(server.stored).toEqual(['a=1']);
});
