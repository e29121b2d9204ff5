/** What goes wrong around the server and must end well: a hanging server, garbage on MODELS, a message that is too large. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { natsServerPath, type NatsServer, startNatsServer } from '../../tests/support/natsServer.ts';
import { pause } from '../../tests/support/pause.ts';
import { RefusedError } from '../../runtime/errors.ts';
import { encodeModelEvent, type ModelEvent } from '../messages/model.ts';
import { FEATURES, MODELS, streamsFor } from '../streams.ts';
import { type Connection, connect, retryWhileAway } from './connect.ts';
import { openFencedSubject } from './fencedSubject.ts';
import { followModelEvents } from './modelEvents.ts';
import { lastOfSubject } from './stored.ts';
import { ensureStreams } from './streams.ts';

const event = (model: string): ModelEvent => ({ v: 1, universe: 'u', kind: 'promoted', model, sha256: 'a'.repeat(64), fromFrame: 1, who: 'test', why: 'test', evidence: {}, at: 1 });

describe.skipIf(natsServerPath() === null)('edge, when things go wrong', () => {
  let server: NatsServer;
  let connection: Connection;
  const errors: string[] = [];
  const log = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: (_: unknown, text?: string) => void errors.push(String(text)) };

  beforeAll(async () => {
    server = await startNatsServer();
    connection = await connect({ url: server.url, credentialsFile: null }, 'test', log);
    await ensureStreams(connection, streamsFor(['a']));
  });
  afterAll(async () => {
    await connection.close();
    await server.stop();
  });

  it('passes over a model event that cannot be read, says so, and follows those after it', async () => {
    const abort = new AbortController();
    await connection.js.publish('models.u', '{"v":1,"kind":"nonsense"}');
    await connection.js.publish('models.u', encodeModelEvent(event('first')));
    const followed = await followModelEvents(connection, 'u', abort.signal);
    expect(followed.events.map(({ model }) => model)).toEqual(['first']);
    expect(errors.filter((text) => text.includes('cannot be read') || text.includes("can't be read"))).toHaveLength(1);
    await connection.js.publish('models.u', 'not JSON');
    const { seq } = await connection.js.publish('models.u', encodeModelEvent(event('second')));
    while (followed.lastSeq() < seq) await followed.next();
    expect(followed.events.map(({ model }) => model)).toEqual(['first', 'second']);
    abort.abort();
  });

  it('says when model events can be followed no longer, instead of serving an old champion for ever', async () => {
    const own = await connect({ url: server.url, credentialsFile: null }, 'own', log);
    const followed = await followModelEvents(own, 'u', new AbortController().signal);
    const next = followed.next();
    await own.close();
    await expect(next).rejects.toThrow();
    expect(() => followed.events).toThrow();
  });

  it('refuses a message that no stream takes, instead of trying for ever', async () => {
    const subject = await openFencedSubject(connection, FEATURES, 'features.large', new AbortController().signal);
    await expect(subject.publish(new Uint8Array(1_000_001))).rejects.toThrow(RefusedError);
    expect(await lastOfSubject(connection, FEATURES, 'features.large')).toBeNull();
  });

  it('says that an answer was lost once the server is back, not when it is late', async () => {
    await pause(server.pid()); // it takes the questions, and is killed before it answers
    const asked = [connection.bounds(FEATURES), connection.at(FEATURES, 1), connection.lastOf(FEATURES, 'features.u'), connection.openReader(FEATURES, { fromSeq: 1 })];
    const why = Promise.all(asked.map((one) => one.then(() => 'answered', (error: Error) => error.name)));
    await new Promise((resolve) => setTimeout(resolve, 50));
    await server.kill();
    await server.start();
    expect(await why).toEqual(Array(4).fill('ConnectionError'));
    expect((await connection.bounds(FEATURES)).lastSeq).toBeGreaterThanOrEqual(0);
  });

  it('ends what waits for an answer when the connection is closed, also while the server is away', async () => {
    const own = await connect({ url: server.url, credentialsFile: null }, 'own', log);
    await server.kill();
    const waiting = retryWhileAway(() => own.jsm.streams.info(MODELS)).then(() => 'answered', () => 'ended');
    await own.close();
    expect(await waiting).toBe('ended');
    await server.start();
  });

  it('waits for nothing any more when the process is to leave while the server is away: not for an answer, not for a connection', async () => {
    const stop = new AbortController();
    const nats = { url: server.url, credentialsFile: null };
    const own = await connect(nats, 'own', log, stop.signal);
    await pause(server.pid()); // it takes the question
    const asked = own.bounds(FEATURES).then(() => 'answered', (error: Error) => (error.name === 'TimeoutError' ? 'late' : 'ended'));
    await server.kill();
    const dialled = connect(nats, 'own', log, stop.signal).then(() => 'connected', (error: Error) => error.message);
    stop.abort();
    expect([await asked, await dialled]).toEqual(['ended', 'stopped before the NATS server was there']);
    await server.start();
  });
});
