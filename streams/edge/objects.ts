/** The object store: snapshots and model files. A put is whole or not there. */
import { Objm, type ObjectStore as NatsObjects } from '@nats-io/obj';
import { type Connection, retryWhileAway } from './connect.ts';

export interface Objects {
  put(name: string, bytes: Uint8Array): Promise<void>;
  /** null when there is none of that name. */
  get(name: string): Promise<Uint8Array | null>;
}

const MAX_BUCKET_BYTES = 2 * 1024 ** 3;

export async function openObjects(connection: Connection, bucket: string): Promise<Objects> {
  const store: NatsObjects = await retryWhileAway(() => new Objm(connection.js).create(bucket, { max_bytes: MAX_BUCKET_BYTES }));
  return {
    put: async (name, bytes) => void (await retryWhileAway(() => store.putBlob({ name }, bytes))),
    get: (name) => retryWhileAway(() => store.getBlob(name)),
  };
}
