import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { connect, type Connection } from '../streams/edge/connect.ts';
import { encodePrediction } from '../streams/messages/prediction.ts';
import { silentLog } from '../tests/support/context.ts';
import { natsServerPath, type NatsServer, startNatsServer } from '../tests/support/natsServer.ts';
import { announceFirstForecast } from './watch.ts';

describe.skipIf(natsServerPath() === null)('the first forecast', () => {
  let server: NatsServer;
  let connection: Connection;
  beforeAll(async () => {
    server = await startNatsServer();
    connection = await connect({ url: server.url, credentialsFile: null }, 'test', silentLog);
  });
  afterAll(async () => {
    await connection.close();
    await server.stop();
  });

  it('is told when a model made it; one that can\'t be read is passed over, and said', async () => {
    const said: string[] = [];
    const terminal = { line: (text: string) => void said.push(text), warn: (text: string) => void said.push(text), status: () => undefined, step: <T>(_: string, work: () => Promise<T>) => work() };
    const announced = announceFirstForecast(connection, performance.now(), terminal, new AbortController().signal);
    const forecast = (model: string | null): Uint8Array => encodePrediction({ v: 1, universe: 'u', frameTs: 1, madeAt: 1, late: false, role: 'champion', model, schema: 's', symbols: ['sim.A'], refPrice: [1], flags: [0], horizons: [] });
    for (const body of [forecast(null), 'not json', forecast('ridge-1')]) connection.nc.publish('predictions.u', body);
    await vi.waitFor(() => expect(said).toHaveLength(2));
    await announced;
    expect(said).toEqual([expect.stringMatching(/^a prediction could not be read, it is passed over: /), expect.stringMatching(/^first forecast after [\d.]+ s, by ridge-1$/)]);
  });
});
