/**
 * A history into another one, of the same kind or not.
 *
 * 1. How far each kind of row came is a cursor of the target, written with the rows: killed anywhere, the next run goes on from there.
 * 2. The streams' cursors come last, as they were before the first row was read: the target never claims what it doesn't have.
 * 3. A target that holds another history is refused: rows of both would stand side by side. So is a source that has become another one
 *    since it was begun, which shows by the rows where it was left.
 */
import { RefusedError } from '../runtime/errors.ts';
import { textOf } from './digest.ts';
import type { Contents, HistoryStore, StoreBatch, WholeHistory } from './history.ts';
import { isMigrationMark, migrationMark } from './migrationMark.ts';

/** Parts of one history, from a sequence or time on. */
type Chunks<Row> = (history: WholeHistory, first: number) => AsyncIterable<Row[]>;
/** `what` is being copied; `rows` of it are new since the last call. */
export type OnRows = (what: string, rows: number) => void;
type Rows = Omit<StoreBatch, 'cursors'>;

/** `source` names the source for the marks. Throws RefusedError, and what the two throw. */
export async function migrate(from: WholeHistory, to: HistoryStore, into: WholeHistory, source: string, onRows: OnRows): Promise<void> {
  const contents = await from.contents();
  const started = migrationMark(source, 'started');
  const there = await into.contents();
  if ((await to.cursor(started)) === 0) {
    if (holdsRows(there)) throw new RefusedError('the target holds a history already', 'Migrate into an empty one: a new file, or a /NAME of its own on the QuestDB server.');
    await to.write({ cursors: { [started]: 1 } });
  }
  for (const feed of there.feeds) if (there.cursors[migrationMark(source, `feed ${feed}`)] !== undefined && !contents.feeds.includes(feed)) throw otherSource(`feed ${feed} is missing`);
  /** `position` is of the last row of a chunk: its sequence or time. */
  const copy = async <Row extends object>(what: string, chunks: Chunks<Row>, position: (row: Row) => number, batch: (rows: Row[]) => Rows): Promise<void> => {
    const mark = migrationMark(source, what);
    const done = await to.cursor(mark);
    if (done > 0) await mustBeSame(what, from, into, chunks, (row) => position(row) === done, done);
    for await (const rows of chunks(from, done === 0 ? 0 : done + 1)) {
      const last = rows.reduce((max, row) => Math.max(max, position(row)), 0);
      await to.write({ ...batch(rows), cursors: { [mark]: last } });
      onRows(what, rows.length);
    }
  };
  for (const feed of contents.feeds) await copy(`feed ${feed}`, (history, first) => history.feedRows(feed, first), (row) => row.seq, (rows) => ({ feed: { name: feed, rows } }));
  for (const series of contents.series) await copy(`bars ${series.instrument} ${series.intervalMs}`, (history, first) => history.allBars(series, first), (row) => row.ts, (bars) => ({ bars }));
  await copy('predictions', (history, first) => history.allPredictions(first), (row) => row.frameTs, (predictions) => ({ predictions }));
  await copy('outcomes', (history, first) => history.allOutcomes(first), (row) => row.predictedTs, (outcomes) => ({ outcomes }));
  for (const universe of contents.universes) {
    await copy(`scores ${universe}`, (history, first) => history.allScores(universe, first), (row) => row.frameTs, (scores) => ({ scores }));
    const models = await from.models(universe);
    await to.write({ cursors: {}, models });
    onRows('models', models.length);
  }
  await to.write({ cursors: Object.fromEntries(Object.entries(contents.cursors).filter(([stream]) => !isMigrationMark(stream))) });
}

/** The last rows that were copied must be those of the source still. */
async function mustBeSame<Row extends object>(what: string, from: WholeHistory, into: WholeHistory, chunks: Chunks<Row>, isLast: (row: Row) => boolean, done: number): Promise<void> {
  const lastOf = async (history: WholeHistory): Promise<string> => {
    for await (const rows of chunks(history, done)) return rows.filter(isLast).map(textOf).sort().join('\n');
    return '';
  };
  if ((await lastOf(from)) === (await lastOf(into))) return;
  throw otherSource(`${what} differ where the last run ended`);
}

const otherSource = (why: string): RefusedError =>
  new RefusedError(`the source is not the one that this was begun with: ${why}`, 'Another history stands at that address now, or it has changed since. Migrate into an empty one: a new file, or a /NAME of its own on the QuestDB server.');

const holdsRows = ({ cursors, feeds, universes, series }: Contents): boolean => Object.keys(cursors).length + feeds.length + universes.length + series.length > 0;
