/** The KV aliases: bucket ALIASES, key `champion.<universe>` → model version. A projection of MODELS for readers; MODELS is the truth. */
import { Kvm } from '@nats-io/kv';
import { type Connection, retryWhileAway } from './connect.ts';

export async function putAlias(connection: Connection, key: string, value: string): Promise<void> {
  const kv = await retryWhileAway(() => new Kvm(connection.js).create('ALIASES', { history: 1, max_bytes: 1_000_000 }));
  await retryWhileAway(() => kv.put(key, value));
}
