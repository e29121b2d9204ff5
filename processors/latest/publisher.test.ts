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

test('each newest value is stored once', async () => {
  const { server, journal } = createServer();
  let count = 0;
  const publisher = createPublisher(journal, (stored) => (count += stored));
  publisher.offer({ subject: 'a', body: bytes('1') });
  publisher.offer({ subject: 'a', body: bytes('2') });
  publisher.offer({ subject: 'b', body: bytes('1') });
  await publisher.publish();
  await publisher.publish();
  expect([server.stored, count]).toEqual([['a=2', 'b=1'], 2]);
});

test('what got no ack is tried again, as the newest value by then', async () => {
  const { server, journal } = createServer();
  const publisher = createPublisher(journal, () => undefined);
  server.up = false;
  publisher.offer({ subject: 'a', body: bytes('1') });
  publisher.offer({ subject: 'b', body: bytes('1') });
  await publisher.publish();
  publisher.offer({ subject: 'a', body: bytes('2') });
  server.up = true;
  await publisher.publish();
  expect(server.stored).toEqual(['a=2', 'b=1']);
});

test('a value that comes while the older one is on its way is not lost with its ack', async () => {
  const { server, journal } = createServer();
  const publisher = createPublisher(journal, () => undefined);
  publisher.offer({ subject: 'a', body: bytes('1') });
  server.onPublish = () => {
    server.onPublish = () => undefined;
    publisher.offer({ subject: 'a', body: bytes('2') });
  };
  await publisher.publish();
  await publisher.publish();
  expect(server.stored).toEqual(['a=1', 'a=2']);
});

test('while the server is away nothing is sent', async () => {
  const { server, journal } = createServer();
  const publisher = createPublisher(journal, () => undefined);
  server.away = true;
  publisher.offer({ subject: 'a', body: bytes('1') });
  await publisher.publish();
  expect(server.stored).toEqual([]);
});
