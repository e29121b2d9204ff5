/**
 * Snapshots of the engine's state: binary float64 behind a line of JSON, keyed by schema and runtime version. One is taken
 * after a commit.
 */
import type { FrameEngine } from '../../quant/frames/engine.ts';
import type { Objects } from '../../streams/edge/objects.ts';
import { createSnapshotKeeper } from '../../streams/edge/snapshotKeeper.ts';
import { decodeJson, encodeJson } from '../../streams/parse.ts';

/** Between snapshots, whichever comes first: what a restart recomputes at most. Frames alone would be 1.2 million messages of 500 symbols. */
const EVERY_FRAMES = 300;
/** Messages, fewer for a small state: 16 slots for each, 128 bytes beside a message's 230, so that what is written for a restart is half of what it reads again. */
const MESSAGES = { least: 20_000, most: 50_000 };
const SLOTS_A_MESSAGE = 16;
const everyMessages = (slots: number): number => Math.min(MESSAGES.most, Math.max(MESSAGES.least, slots / SLOTS_A_MESSAGE));
const NEWLINE = 10;

interface Meta { readonly feedSeq: number; readonly frameSeq: number; readonly schema: string; readonly runtime: string; readonly slots: number }

/** `onFailed`: one could not be kept; the next is offered as usual. */
export function createSnapshots(objects: Objects, universe: string, schema: string, onFailed: (error: unknown) => void, everyFrames = EVERY_FRAMES) {
  const keeper = createSnapshotKeeper(objects, 'features', universe, everyFrames, onFailed);
  let lastFeedSeq = 0;
  return {
    /** Restores the engine; the zero position when there is no usable snapshot at or before `lastFrameSeq`. */
    async load(engine: FrameEngine, lastFrameSeq: number): Promise<{ feedSeq: number; frameSeq: number }> {
      const none = { feedSeq: 0, frameSeq: 0 };
      const bytes = await keeper.load();
      const cut = bytes?.indexOf(NEWLINE) ?? -1;
      if (bytes === null || cut < 0) return none;
      const meta = decodeJson(bytes.subarray(0, cut), 'snapshot') as Meta;
      if ((bytes.length - cut - 1) % Float64Array.BYTES_PER_ELEMENT !== 0) return none;
      const state = new Float64Array(bytes.slice(cut + 1).buffer);
      if (meta.schema !== schema || meta.runtime !== process.version || meta.frameSeq > lastFrameSeq || meta.slots !== state.length) return none;
      engine.restore(state);
      lastFeedSeq = meta.feedSeq;
      return { feedSeq: meta.feedSeq, frameSeq: meta.frameSeq };
    },
    /** A start has made a published frame again. */
    replayed: (): void => keeper.count(1),
    /** After the frame stored at `frameSeq`, with everything up to `feedSeq` in the state. */
    offer(engine: FrameEngine, feedSeq: number, frameSeq: number): void {
      keeper.count(1);
      if (!keeper.isDue(feedSeq - lastFeedSeq >= everyMessages(engine.slots))) return;
      lastFeedSeq = feedSeq;
      const state = engine.snapshot();
      const meta: Meta = { feedSeq, frameSeq, schema, runtime: process.version, slots: state.length };
      keeper.keep(Buffer.concat([encodeJson(meta), Buffer.from([NEWLINE]), Buffer.from(state.buffer)]));
    },
    settled: keeper.settled,
  };
}
