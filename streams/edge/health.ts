/** Each service says how it is on `health.<service>`, on change and every two seconds. Whoever asks, listens. */
import type { Health, ServiceContext } from '../../runtime/service.ts';
import { encodeJson } from '../parse.ts';
import type { Connection } from './connect.ts';

export const healthSubject = (service: string): string => `health.${service}`;
const REPEAT_MS = 2_000;

export function publishHealth(connection: Connection, context: ServiceContext): void {
  let last: Health | null = null;
  const send = (): void => {
    if (last !== null && !connection.isAway() && !connection.nc.isClosed()) connection.nc.publish(healthSubject(context.name), encodeJson(last));
  };
  context.onHealth((health) => {
    last = health;
    send();
  });
  const timer = setInterval(send, REPEAT_MS);
  timer.unref();
  context.report({});
}
