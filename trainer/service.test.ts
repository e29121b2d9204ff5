/** The trainer's start on a real nats-server. */
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { wallClock } from '../runtime/clock.ts';
import type { Config, UniverseConfig } from '../runtime/config.ts';
import { allAliases } from '../streams/edge/aliases.ts';
import { type Connection, connect } from '../streams/edge/connect.ts';
import { openFencedSubject } from '../streams/edge/fencedSubject.ts';
import { ensureStreams } from '../streams/edge/streams.ts';
import { encodeModelEvent } from '../streams/messages/model.ts';
import { MODELS, streamsFor } from '../streams/streams.ts';
import { modelsSubject } from '../streams/subjects.ts';
import { silentLog, testContext } from '../tests/support/context.ts';
import { natsServerPath, type NatsServer, startNatsServer } from '../tests/support/natsServer.ts';
import { runTrainer } from './service.ts';

describe.skipIf(natsServerPath() === null)('the trainer', () => {
  let server: NatsServer;
  let connection: Connection;
  beforeAll(async () => {
    server = await startNatsServer();
    connection = await connect({ url: server.url, credentialsFile: null }, 'test', silentLog);
    await ensureStreams(connection, streamsFor(['main']));
  });
  afterAll(async () => {
    await connection.close();
    await server.stop();
  });

  it('names the champion at its start: one that was killed behind the event had no time for it', async () => {
    const stop = new AbortController();
    const context = testContext('trainer', stop.signal);
    const models = await openFencedSubject(connection, MODELS, modelsSubject('u'), stop.signal);
    await models.publish(encodeModelEvent({ v: 1, universe: 'u', kind: 'promoted', model: 'ridge-1', sha256: 'a'.repeat(64), fromFrame: 100_000, who: 'trainer', why: 'test', evidence: {}, at: 1 }));
    const config = { feed: { name: 'main' }, universes: [{ name: 'u' } as UniverseConfig] } as Config;
    const running = runTrainer({ connection, config, context, wall: wallClock, lightgbmLibrary: null });
    await vi.waitFor(() => expect(context.health().state).toBe('running'), { timeout: 10_000 });
    expect(await allAliases(connection)).toEqual({ 'champion.u': 'ridge-1' });
    stop.abort();
    await running;
  });
});
