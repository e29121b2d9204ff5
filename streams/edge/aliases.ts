/** The KV aliases: bucket ALIASES, key `champion.<universe>` → model version. A projection of MODELS for readers; MODELS is the truth. */
import { type KV, Kvm } from '@nats-io/kv';
import { ALIASES } from '../streams.ts';
import { type Connection, retryWhileAway } from './connect.ts';

export const openAliases = (connection: Connection, replicas = 1): Promise<KV> => retryWhileAway(() => new Kvm(connection.js).create(ALIASES, { history: 1, max_bytes: 1_000_000, replicas }));

export async function putAlias(connection: Connection, key: string, value: string): Promise<void> {
  const kv = await openAliases(connection);
  await retryWhileAway(() => kv.put(key, value));
}

export async function allAliases(connection: Connection): Promise<Record<string, string>> {
  const kv = await openAliases(connection);
  const found: Record<string, string> = {};
  for await (const key of await retryWhileAway(() => kv.keys())) found[key] = (await retryWhileAway(() => kv.get(key)))?.string() ?? '';
  return found;
}
