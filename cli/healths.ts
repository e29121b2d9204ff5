/** What every service last said of itself on NATS, wherever it runs: also workers on other machines. */
import type { Health } from '../runtime/service.ts';
import type { Connection } from '../streams/edge/connect.ts';
import { healthSubject } from '../streams/edge/health.ts';
import { decodeJson } from '../streams/parse.ts';

/** More than we have services; beyond it the newest is passed over. */
const MAX_SERVICES = 256;

export type Healths = ReadonlyMap<string, Health>;

/** The map changes as they speak, until the connection closes. */
export function followHealths(connection: Connection): Healths {
  const healths = new Map<string, Health>();
  connection.nc.subscribe(healthSubject('*'), {
    callback: (_error, message) => {
      try {
        const health = decodeJson(message.data, 'health') as Health;
        if (healths.has(health.service) || healths.size < MAX_SERVICES) healths.set(health.service, health);
      } catch {
        // Not JSON: not one of ours.
      }
    },
  });
  return healths;
}
