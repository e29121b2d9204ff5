import { expect, test } from 'vitest';
import type { Connection } from '../../streams/edge/connect.ts';
import { createPublisher } from './publisher.ts';

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

/** A server that stores what it is sent while it is up. */
function createServer() {
  const stored: string[] = [];
  const server = { up: true, away: false, stored, onPublish: () => undefined as void };
  const connection = {
    isAway: () => server.away,
    js: { publish: async (subject: string, body: Uint8Array) => {
      server.onPublish();
      if (!server.up) throw new Error('no ack');
      stored.push(`${subject}=${new TextDecoder().decode(body)}`);
    } },
  } as unknown as Pick<Connection, 'js' | 'isAway'>;
  return { server, connection };
}

test('each newest value is stored once', async () => {
  const { server, connection } = createServer();
  let count = 0;
  const publisher = createPublisher(connection, (stored) => (count += stored));
  publisher.offer({ subject: 'a', body: bytes('1') });
  publisher.offer({ subject: 'a', body: bytes('2') });
  publisher.offer({ subject: 'b', body: bytes('1') });
  await publisher.publish();
  await publisher.publish();
  expect([server.stored, count]).toEqual([['a=2', 'b=1'], 2]);
});

test('what got no ack is tried again, as the newest value by then', async () => {
  const { server, connection } = createServer();
  const publisher = createPublisher(connection, () => undefined);
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
  const { server, connection } = createServer();
  const publisher = createPublisher(connection, () => undefined);
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
  const { server, connection } = createServer();
  const publisher = createPublisher(connection, () => undefined);
  server.away = true;
  publisher.offer({ subject: 'a', body: bytes('1') });
  await publisher.publish();
  expect(server.stored).toEqual([]);
});
