/** Snapshots of the outcomes' state, in V8's own format: it keeps maps and every float64 exactly. Keyed by runtime and code version. */
import { deserialize, serialize } from 'node:v8';
import type { Pending } from '../../quant/outcomes.ts';
import { emptyScoreBook, type ScoreBookState } from '../../quant/scores/scoreBook.ts';
import { type Cadence, newCadence } from './cadence.ts';
import type { Objects } from '../../streams/edge/objects.ts';
import { createSnapshotKeeper } from '../../streams/edge/snapshotKeeper.ts';

/**
 * Frames between snapshots: what a restart folds again at most, about 5 ms each at 500 symbols. The state takes 12 kB a row of
 * scores at most, which is less than these frames, their predictions and outcomes add for it, while two models are remembered.
 */
const EVERY_FRAMES = 100;
/** Raise it when the state's shape or a score's formula changes. */
const CODE = 4;

export interface OutcomesState { readonly pending: Pending; readonly book: ScoreBookState; readonly cadence: Cadence }
export interface Position { readonly frameSeq: number; readonly predictionSeq: number; readonly frameTs: number }
interface Snapshot { readonly code: number; readonly runtime: string; readonly position: Position; readonly state: OutcomesState }

/** null for what another version of V8 wrote, or damage. */
function decode(bytes: Uint8Array): Snapshot | null {
  try {
    return deserialize(bytes) as Snapshot;
  } catch {
    return null;
  }
}

/** `onFailed`: one could not be kept; the next is offered as usual. */
export function createSnapshots(objects: Objects, universe: string, onFailed: (error: unknown) => void, everyFrames = EVERY_FRAMES) {
  const keeper = createSnapshotKeeper(objects, 'outcomes', universe, everyFrames, onFailed);
  return {
    /** The beginning when there is no usable snapshot at or before `notAfterTs`. */
    async load(notAfterTs: number): Promise<{ position: Position; state: OutcomesState }> {
      const bytes = await keeper.load();
      const snapshot = bytes === null ? null : decode(bytes);
      if (snapshot?.code === CODE && snapshot.runtime === process.version && snapshot.position.frameTs <= notAfterTs) return snapshot;
      return { position: { frameSeq: 0, predictionSeq: 0, frameTs: -1 }, state: { pending: new Map(), book: emptyScoreBook(), cadence: newCadence() } };
    },
    /** A start has folded a frame in again. */
    replayed: (): void => keeper.count(1),
    /** After the outcome of `position` is stored, and its scores where they were due. */
    offer(state: OutcomesState, position: Position): void {
      keeper.count(1);
      if (!keeper.isDue()) return;
      const snapshot: Snapshot = { code: CODE, runtime: process.version, position, state };
      keeper.keep(serialize(snapshot));
    },
    settled: keeper.settled,
  };
}
