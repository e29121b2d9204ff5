/** Reports over a real connection that is closed meanwhile. */
import { setImmediate } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { connectQuietly } from '../../bench/support/quiet.ts';
import type { Health, ServiceContext } from '../../runtime/service.ts';
import { natsServerPath, type NatsServer, startNatsServer } from '../../tests/support/natsServer.ts';
import type { Connection } from './connect.ts';
import { healthSubject, publishHealth } from './health.ts';

/** Reports the same health to NATS whenever it is called. */
function reporter(connection: Connection): () => void {
  let tell: (health: Health) => void = () => undefined;
  const context: Pick<ServiceContext, 'name' | 'onHealth' | 'report'> = { name: 'some', onHealth: (listener) => void (tell = listener), report: () => undefined };
  publishHealth(connection, context);
  return () => tell({ service: 'some', state: 'draining', detail: '', cursors: {}, counts: {}, metricsUrl: '', pid: process.pid });
}

describe.skipIf(natsServerPath() === null)('reports', () => {
  let server: NatsServer;
  let listener: Connection;

  beforeAll(async () => {
    server = await startNatsServer();
    listener = await connectQuietly(server.url);
  });
  afterAll(async () => {
    await listener.close();
    await server.stop();
  });

  it('are heard, and end nothing when they come while the connection closes', async () => {
    let heard = 0;
    listener.nc.subscribe(healthSubject('some'), { callback: () => void heard++ });
    await listener.nc.flush();
    const connection = await connectQuietly(server.url);
    const report = reporter(connection);
    report();
    await expect.poll(() => heard).toBe(1);

    let closed = false;
    void connection.close().then(() => (closed = true));
    // In each microtask too: what the connection refuses, it refuses for less than a turn of the loop.
    for (let count = 0; !closed; count++) {
      expect(report).not.toThrow();
      await (count % 50 === 0 ? setImmediate() : undefined);
    }
    expect(report).not.toThrow();
  });
});
