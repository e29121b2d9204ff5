/**
 * What a history holds, as one sum for each kind of row: equal sums are equal histories, whichever adapter holds them.
 * A copy must equal its original in everything; two runs over one feed in everything but when, by the wall clock, a model event was written.
 */
import { createHash } from 'node:crypto';
import type { WholeHistory } from './history.ts';
import { isMigrationMark } from './migrationMark.ts';

export type Digests = Readonly<Record<string, string>>;
type Add = (value: unknown) => void;

export async function digestHistory(history: WholeHistory, as: 'copy' | 'run' = 'copy'): Promise<Digests> {
  const { cursors, feeds, universes, series } = await history.contents();
  const sums: Record<string, string> = {};
  const sum = async (kind: string, work: (add: Add) => Promise<void> | void): Promise<void> => {
    const hash = createHash('sha256');
    await work((value) => void hash.update(`${JSON.stringify(value)}\n`));
    sums[kind] = hash.digest('hex');
  };
  await sum('cursors', (add) => Object.entries(cursors).filter(([stream]) => !isMigrationMark(stream)).sort(([a], [b]) => (a < b ? -1 : 1)).forEach(add));
  await sum('feeds', async (add) => {
    for (const feed of feeds) {
      for await (const rows of history.feedRows(feed, 0)) for (const { seq, subject, tsInit, body } of rows) add([feed, seq, subject, tsInit, Buffer.from(body).toString('base64')]);
    }
  });
  await sum('bars', async (add) => {
    for (const one of series) await addSorted(history.allBars(one, 0), (row) => row.ts, add);
  });
  await sum('predictions', (add) => addSorted(history.allPredictions(0), (row) => row.frameTs, add));
  await sum('outcomes', (add) => addSorted(history.allOutcomes(0), (row) => row.predictedTs, add));
  await sum('scores', async (add) => {
    for (const universe of universes) await addSorted(history.allScores(universe, 0), (row) => row.frameTs, add);
  });
  await sum('models', async (add) => {
    for (const universe of universes) add([universe, (await history.models(universe)).map((event) => (as === 'copy' ? event : { ...event, at: undefined }))]);
  });
  return sums;
}

/** Equal for equal rows, in whatever order their fields come. */
export const textOf = (row: object): string => JSON.stringify(Object.entries(row).sort(([a], [b]) => (a < b ? -1 : 1)));

/** Within one time rows come in any order, and fields too. A chunk never cuts through a time, so sorting a chunk sorts it all. */
async function addSorted<Row extends object>(chunks: AsyncIterable<Row[]>, timeOf: (row: Row) => number, add: Add): Promise<void> {
  for await (const rows of chunks) {
    const lines = rows.map((row) => ({ ts: timeOf(row), text: textOf(row) }));
    lines.sort((a, b) => a.ts - b.ts || (a.text < b.text ? -1 : 1));
    for (const { text } of lines) add(text);
  }
}
