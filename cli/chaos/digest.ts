/** What a pipeline's store holds, as sums that two runs can be compared by. */
import type { Config } from '../../runtime/config.ts';
import { type Digests, digestHistory } from '../../store/digest.ts';
import { openReader } from '../../store/open.ts';

export async function storeDigest({ store }: Pick<Config, 'store'>): Promise<Digests> {
  const reader = openReader(store.url);
  return digestHistory(reader, 'run').finally(() => reader.close());
}
