/** What a store holds, as sums that two runs can be compared by: everything but wall-clock fields. */
import { createHash } from 'node:crypto';
import type { Config } from '../../runtime/config.ts';
import { openReader } from '../../store/open.ts';

const EVER = Number.MAX_SAFE_INTEGER;
const ALL = 10_000_000;

export async function storeDigest({ store, feed, universes }: Config): Promise<Record<string, string>> {
  const reader = await openReader(store.url);
  const sums: Record<string, ReturnType<typeof createHash>> = {};
  const add = (table: string, value: unknown): void => void (sums[table] ??= createHash('sha256')).update(JSON.stringify(value));
  try {
    for await (const rows of reader.feedRows(feed.name, 1)) {
      for (const { seq, subject, tsInit, body } of rows) add('feed', [seq, subject, tsInit, Buffer.from(body).toString('latin1')]);
    }
    for (const universe of universes) {
      for (const instrument of universe.instruments) {
        for (const intervalMs of [1_000, 60_000]) add('bars', await reader.bars(instrument, intervalMs, 0, EVER, ALL));
        for (const horizonMs of universe.horizonsMs) add('predictions with outcomes', await reader.predictions(universe.name, instrument, horizonMs, 0, EVER, ALL));
      }
      add('scores', await reader.scores(universe.name, EVER));
      add('models', (await reader.models(universe.name)).map(({ at, ...event }) => event));
    }
  } finally {
    await reader.close();
  }
  return Object.fromEntries(Object.entries(sums).map(([table, sum]) => [table, sum.digest('hex')]));
}
