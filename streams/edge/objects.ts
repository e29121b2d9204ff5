/** The object store: snapshots and model files. A put is whole or not there. */
import type { Journal, Objects } from '../journal.ts';
import { retryWhileAway } from './retry.ts';

export type { Objects } from '../journal.ts';

export async function openObjects(journal: Journal, bucket: string): Promise<Objects> {
  const store = await retryWhileAway(() => journal.openBucket(bucket));
  return {
    put: (name, bytes) => retryWhileAway(() => store.put(name, bytes)),
    get: (name) => retryWhileAway(() => store.get(name)),
  };
}
