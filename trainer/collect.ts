/** Frames into the columns that training reads. Bounded: beyond MAX_VALUES the oldest half is let go. */
import type { EngineFrame } from '../quant/frames/engine.ts';
import type { FeatureDefinition } from '../quant/features/definition.ts';
import type { TrainingFrames } from './dataset.ts';

/** Feature values held at most: 2 GB of float32. */
const MAX_VALUES = 500_000_000;

export interface CollectOptions {
  readonly features: readonly FeatureDefinition[];
  readonly schema: string;
  readonly instruments: readonly string[];
  readonly stepMs: number;
  /** The first frame at or after this is the last one taken; null: all. */
  readonly untilTs: number | null;
}

export async function collectFrames(source: AsyncIterable<EngineFrame>, options: CollectOptions): Promise<TrainingFrames> {
  const width = options.instruments.length * options.features.length;
  let frames: EngineFrame[] = [];
  for await (const frame of source) {
    frames.push(frame);
    if (frames.length * width > MAX_VALUES) frames = frames.slice(frames.length / 2);
    if (options.untilTs !== null && frame.ts >= options.untilTs) break;
  }
  const symbols = options.instruments.length;
  const out = { ts: new Float64Array(frames.length), rows: new Float32Array(frames.length * width), mid: new Float64Array(frames.length * symbols), flags: new Uint8Array(frames.length * symbols) };
  frames.forEach((frame, i) => {
    out.ts[i] = frame.ts;
    out.rows.set(frame.rows, i * width);
    out.mid.set(frame.mid, i * symbols);
    out.flags.set(frame.flags, i * symbols);
  });
  return { features: options.features.map(({ name }) => name), directional: options.features.map(({ directional }) => directional), schema: options.schema, instruments: options.instruments, stepMs: options.stepMs, ...out };
}
