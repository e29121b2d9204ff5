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
    get: async (name) => {
      const bytes = await retryWhileAway(() => store.getBlob(name));
      // A copy in plain bytes: the client gives a Buffer, whose slices share memory and whose `.buffer` is larger.
      return bytes === null ? null : new Uint8Array(bytes);
    },
  };
}
