/**
 * When a service keeps a snapshot of its state in the object store: after so many frames, never two at once. Losing one costs
 * time, not results, so what can't be kept is told, and the next is offered as usual.
 *
 * Frames that a start folded again count: one who is killed more often than that gets a snapshot all the same, as soon as
 * it has made a frame of its own.
 */
import { crashPoint, type CrashService } from '../../runtime/crashPoint.ts';
import type { Objects } from './objects.ts';

type Snapshotting = Extract<CrashService, 'features' | 'inference' | 'outcomes'>;

export function createSnapshotKeeper(objects: Objects, service: Snapshotting, universe: string, everyFrames: number, onFailed: (error: unknown) => void) {
  const name = `${service}.${universe}`;
  let framesSince = 0;
  let busy = false;
  let running: Promise<void> = Promise.resolve();
  return {
    /** null when there is none. */
    load: (): Promise<Uint8Array | null> => objects.get(name),
    /** So many frames were folded in. */
    count(frames: number): void {
      framesSince += frames;
    },
    /** `early`: for another reason than the number of frames. */
    isDue: (early = false): boolean => !busy && (early || framesSince >= everyFrames),
    keep(bytes: Uint8Array): void {
      framesSince = 0;
      busy = true;
      crashPoint(`${service}.snapshot.before`);
      running = objects.put(name, bytes).then(() => crashPoint(`${service}.snapshot.after`)).catch(onFailed).finally(() => (busy = false));
    },
    settled: (): Promise<void> => running,
  };
}
