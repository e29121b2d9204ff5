/** Each service says how it is on `health.<service>`, on change and every two seconds. Whoever asks, listens. */
import type { Health, ServiceContext } from '../../runtime/service.ts';
import { encodeJson } from '../parse.ts';
import type { Connection } from './connect.ts';

export const healthSubject = (service: string): string => `health.${service}`;
const REPEAT_MS = 2_000;

export function publishHealth(connection: Connection, context: Pick<ServiceContext, 'name' | 'onHealth' | 'report'>): void {
  let last: Health | null = null;
  const send = (): void => {
    // A timer fires while the connection drains, too; a throw there would end the process in the middle of its leaving.
    if (last !== null && !connection.isAway() && !connection.nc.isDraining() && !connection.nc.isClosed()) connection.nc.publish(healthSubject(context.name), encodeJson(last));
  };
  context.onHealth((health) => {
    last = health;
    send();
  });
  const timer = setInterval(send, REPEAT_MS);
  timer.unref();
  context.report({});
}
