/** Snapshots of the outcomes' state in the object store, in V8's own format: it keeps maps and every float64 exactly. Keyed by runtime and code version. */
import { deserialize, serialize } from 'node:v8';
import { crashPoint } from '../../runtime/crashPoint.ts';
import type { Pending } from '../../quant/outcomes.ts';
import { emptyScoreBook, type ScoreBookState } from '../../quant/scores/scoreBook.ts';
import { type Cadence, newCadence } from './cadence.ts';
import type { Objects } from '../../streams/edge/objects.ts';

/** Frames between snapshots: what a restart folds again at most. */
const EVERY_FRAMES = 600;
/** Raise it when the state's shape or a score's formula changes. */
const CODE = 2;

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
  const name = `outcomes.${universe}`;
  let sinceLast = 0;
  let busy = false;
  let running: Promise<void> = Promise.resolve();
  return {
    /** The beginning when there is no usable snapshot at or before `notAfterTs`. */
    async load(notAfterTs: number): Promise<{ position: Position; state: OutcomesState }> {
      const bytes = await objects.get(name);
      const snapshot = bytes === null ? null : decode(bytes);
      if (snapshot?.code === CODE && snapshot.runtime === process.version && snapshot.position.frameTs <= notAfterTs) return snapshot;
      return { position: { frameSeq: 0, predictionSeq: 0, frameTs: -1 }, state: { pending: new Map(), book: emptyScoreBook(), cadence: newCadence() } };
    },
    /** After the outcome of `position` is stored, and its scores where they were due. */
    offer(state: OutcomesState, position: Position): void {
      sinceLast += 1;
      if (sinceLast < everyFrames || busy) return;
      sinceLast = 0;
      busy = true;
      const snapshot: Snapshot = { code: CODE, runtime: process.version, position, state };
      crashPoint('outcomes.snapshot.before');
      running = objects.put(name, serialize(snapshot)).then(() => crashPoint('outcomes.snapshot.after')).catch(onFailed).finally(() => (busy = false));
    },
    settled: (): Promise<void> => running,
  };
}
