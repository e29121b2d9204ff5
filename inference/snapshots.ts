/**
 * Snapshots of the fold in the object store, so that a start reads back an eighth of its frames at most, not all of them.
 *
 * 1. One is taken behind a stored prediction.
 * 2. One is used only by the same code, runtime and universe, and on the journal that holds the very prediction it stands behind.
 */
import type { UniverseConfig } from '../runtime/config.ts';
import { messageOf } from '../runtime/errors.ts';
import type { Log } from '../runtime/log.ts';
import type { Objects } from '../streams/edge/objects.ts';
import { createSnapshotKeeper } from '../streams/edge/snapshotKeeper.ts';
import { messageAt } from '../streams/edge/stored.ts';
import type { Journal, StoredMessage } from '../streams/journal.ts';
import { PREDICTIONS } from '../streams/streams.ts';
import { predictionsSubject } from '../streams/subjects.ts';
import { type createFold, foldFrames, type FoldState } from './fold.ts';
import { decodeSnapshot, encodeSnapshot, sha256Of } from './snapshotBytes.ts';

/** Raise it when the state's shape, a residual's formula or the window changes. */
const CODE = 1;
/**
 * Of what a rebuild from the journal reads, this share is replayed at most. A snapshot and that many frames grow alike with
 * symbols and with the longest horizon: with two horizons it is a quarter of what frames and predictions add meanwhile.
 */
const SHARE = 1 / 8;

/** `onFailed`: one could not be kept; the next is offered as usual. */
export function createSnapshots(
  objects: Objects, { name: universe, instruments, horizonsMs, stepMs }: UniverseConfig, schema: string, log: Log, onFailed: () => void, everyFrames = Math.ceil(foldFrames(horizonsMs, stepMs) * SHARE),
) {
  const keeper = createSnapshotKeeper(objects, 'inference', universe, everyFrames, (error) => {
    onFailed();
    log.warn({ universe }, `a snapshot was not kept, so a restart would take longer: ${messageOf(error)}`);
  });
  const key = sha256Of(Buffer.from(JSON.stringify([CODE, process.version, schema, universe, instruments, horizonsMs, stepMs])));
  const unused = (why: string): null => {
    log.warn({ universe }, `the snapshot of calibration is not used, so this start reads the journal back: ${why}`);
    return null;
  };
  return {
    /** null when there is none that belongs to this journal, whose last prediction is `last`. */
    async load(journal: Journal, last: StoredMessage): Promise<{ readonly predictionSeq: number; readonly state: FoldState } | null> {
      const bytes = await keeper.load();
      if (bytes === null) return null;
      const snapshot = decodeSnapshot(bytes, key, instruments.length);
      if (snapshot === null) return unused('it is damaged, or of another version or universe');
      const { predictionSeq, predictionSha256, state } = snapshot;
      if (predictionSeq > last.seq) return unused(`it stands behind prediction ${predictionSeq}, the journal ends with ${last.seq}`);
      const behind = predictionSeq === last.seq ? last : await messageAt(journal, PREDICTIONS, predictionSeq);
      if (behind === null) return unused(`prediction ${predictionSeq}, behind which it stands, is gone from the journal`);
      if (behind.subject !== predictionsSubject(universe) || sha256Of(behind.data) !== predictionSha256) return unused(`prediction ${predictionSeq} is not the one behind which it stands`);
      return { predictionSeq, state };
    },
    /** A start has read so many predictions back. */
    replayed: keeper.count,
    /** After `prediction` was stored at `predictionSeq`. */
    offer(fold: Pick<ReturnType<typeof createFold>, 'snapshot'>, predictionSeq: number, prediction: Uint8Array): void {
      keeper.count(1);
      if (!keeper.isDue()) return;
      keeper.keep(encodeSnapshot({ key, predictionSeq, predictionSha256: sha256Of(prediction), state: fold.snapshot() }));
    },
    settled: keeper.settled,
  };
}
