/**
 * A history into another one, of the same kind or not.
 *
 * 1. How far each kind of row came is a cursor of the target, written with the rows: killed anywhere, the next run goes on from there.
 * 2. The streams' cursors come last, as they were before the first row was read: the target never claims what it doesn't have.
 * 3. A target that holds another history is refused: rows of both would stand side by side.
 */
import { RefusedError } from '../runtime/errors.ts';
import type { Contents, HistoryStore, StoreBatch, WholeHistory } from './history.ts';
import { isMigrationMark, migrationMark } from './migrationMark.ts';

/** `what` is being copied; `rows` of it are new since the last call. */
export type OnRows = (what: string, rows: number) => void;
type Rows = Omit<StoreBatch, 'cursors'>;

/** `source` names the source for the marks. Throws RefusedError, and what the two throw. */
export async function migrate(from: WholeHistory, to: HistoryStore, into: WholeHistory, source: string, onRows: OnRows): Promise<void> {
  const contents = await from.contents();
  const started = migrationMark(source, 'started');
  if ((await to.cursor(started)) === 0) {
    if (holdsRows(await into.contents())) throw new RefusedError('the target holds a history already', 'Migrate into an empty one: a new file, or a /NAME of its own on the QuestDB server.');
    await to.write({ cursors: { [started]: 1 } });
  }
  /** `position` is of the last row of a chunk: its sequence or time. */
  const copy = async <Row>(what: string, chunksFrom: (first: number) => AsyncIterable<Row[]>, position: (row: Row) => number, batch: (rows: Row[]) => Rows): Promise<void> => {
    const mark = migrationMark(source, what);
    const done = await to.cursor(mark);
    for await (const rows of chunksFrom(done === 0 ? 0 : done + 1)) {
      const last = rows.reduce((max, row) => Math.max(max, position(row)), 0);
      await to.write({ ...batch(rows), cursors: { [mark]: last } });
      onRows(what, rows.length);
    }
  };
  for (const feed of contents.feeds) await copy(`feed ${feed}`, (first) => from.feedRows(feed, first), (row) => row.seq, (rows) => ({ feed: { name: feed, rows } }));
  for (const series of contents.series) await copy(`bars ${series.instrument} ${series.intervalMs}`, (first) => from.allBars(series, first), (row) => row.ts, (bars) => ({ bars }));
  await copy('predictions', (first) => from.allPredictions(first), (row) => row.frameTs, (predictions) => ({ predictions }));
  await copy('outcomes', (first) => from.allOutcomes(first), (row) => row.predictedTs, (outcomes) => ({ outcomes }));
  for (const universe of contents.universes) {
    await copy(`scores ${universe}`, (first) => from.allScores(universe, first), (row) => row.frameTs, (scores) => ({ scores }));
    const models = await from.models(universe);
    await to.write({ cursors: {}, models });
    onRows('models', models.length);
  }
  await to.write({ cursors: Object.fromEntries(Object.entries(contents.cursors).filter(([stream]) => !isMigrationMark(stream))) });
}

const holdsRows = ({ cursors, feeds, universes, series }: Contents): boolean => Object.keys(cursors).length + feeds.length + universes.length + series.length > 0;
