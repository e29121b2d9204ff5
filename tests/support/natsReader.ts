/** The user that `up` prints for people's programs: what it hears, and that it may do nothing else. */
import type { NatsConnection } from '@nats-io/transport-node';
import { expect } from 'vitest';
import { parseLatestPrediction } from '../../streams/messages/latest.ts';
import { until } from './pipeline.ts';

/** As `nats sub 'latest.prediction.>'` does it, on the simulator with its default horizons. */
export async function hearsForecasts(reader: NatsConnection): Promise<void> {
  for await (const message of reader.subscribe('latest.prediction.>', { max: 1, timeout: 10_000 })) {
    expect(message.subject).toMatch(/^latest\.prediction\.sim\.[A-Z]+$/);
    const { model, horizons } = parseLatestPrediction(message.data);
    expect(model).not.toBeNull();
    expect(horizons.map(({ horizonMs }) => horizonMs)).toEqual([1_000, 5_000, 15_000]);
  }
}

const REQUESTS = ['STREAM.DELETE.MODELS', 'STREAM.PURGE.MODELS', 'STREAM.INFO.MODELS', 'STREAM.MSG.GET.MODELS', 'STREAM.MSG.DELETE.MODELS', 'CONSUMER.CREATE.MODELS'];
const FORBIDDEN = ['latest.prediction.sim.ALFA', 'models.main', ...REQUESTS.map((name) => `$JS.API.${name}`)];

/** No publishing, no request to JetStream, no listening to other users' answers: the server refuses each. */
export async function mayNothingElse(reader: NatsConnection): Promise<void> {
  const refused: string[] = [];
  void (async () => {
    for await (const status of reader.status()) if (status.type === 'error') refused.push(status.error.message);
  })();
  for (const subject of FORBIDDEN) reader.publish(subject, '{}', { reply: 'latest.answer' });
  reader.subscribe('_INBOX.>', { callback: () => undefined });
  await reader.flush();
  await until('all refusals', () => refused.length > FORBIDDEN.length, 10_000);
  for (const subject of FORBIDDEN) expect(refused.join('\n')).toContain(`Publish to "${subject}"`);
  expect(refused.join('\n')).toContain('Subscription to "_INBOX.>"');
}
