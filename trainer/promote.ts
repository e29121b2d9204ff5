/** Train on what the store holds, register the file and its card, and say so on MODELS. Shared by the service and `foretick train`. */
import type { Config, UniverseConfig } from '../runtime/config.ts';
import type { WallClock } from '../runtime/clock.ts';
import { crashPoint } from '../runtime/crashPoint.ts';
import { RefusedError } from '../runtime/errors.ts';
import { createFrameEngine } from '../quant/frames/engine.ts';
import { rebuildFrames } from '../quant/frames/rebuild.ts';
import { featureSchema } from '../quant/frames/schema.ts';
import { registerModel } from '../registry/registry.ts';
import type { HistoryReader } from '../store/history.ts';
import { putAlias } from '../streams/edge/aliases.ts';
import type { Connection } from '../streams/edge/connect.ts';
import { openFencedSubject } from '../streams/edge/fencedSubject.ts';
import { openObjects } from '../streams/edge/objects.ts';
import { encodeModelEvent, type ModelEvent, parseModelEvent } from '../streams/messages/model.ts';
import { BUCKET, MODELS } from '../streams/streams.ts';
import { modelsSubject } from '../streams/subjects.ts';
import type { TrainingFrames } from './dataset.ts';
import { collectFrames } from './collect.ts';
import { trainModel } from './train.ts';

export interface PromoteOptions {
  readonly connection: Connection;
  readonly config: Config;
  readonly universe: UniverseConfig;
  readonly reader: HistoryReader;
  readonly wall: WallClock;
  readonly lightgbmLibrary: string | null;
  /** Train on frames up to the first one at or after this, µs; null: on everything. */
  readonly untilTs: number | null;
  /** The first frame that the promotion holds for; null: the last frame trained on. */
  readonly fromFrame: number | null;
  readonly who: string;
  readonly why: string;
  readonly ungated?: boolean;
  /** Register it and leave the champion as it is. */
  readonly registerOnly?: boolean;
  readonly onProgress?: (done: number, text: string) => void;
}

/** The new model's version. Throws RefusedError when there is too little to learn from. */
export async function trainAndPromote(options: PromoteOptions): Promise<string> {
  const { connection, config, universe, wall } = options;
  const frames = await framesFromStore(universe, config.feed.name, options.reader, options.untilTs);
  if (frames.ts.length === 0) throw new RefusedError('the store holds no frames to train on', 'Let the feed run for a while.');
  const { onnx, card, report } = await trainModel(frames, {
    universe: universe.name, horizonsMs: universe.horizonsMs, lightgbmLibrary: options.lightgbmLibrary, seed: 1, ungated: options.ungated ?? config.training.ungated, onProgress: options.onProgress,
  });
  crashPoint('trainer.registry.before');
  await registerModel(await openObjects(connection, BUCKET.models), onnx, card);
  crashPoint('trainer.registry.after');
  const fromFrame = options.fromFrame ?? frames.ts.at(-1)!;
  const event = (kind: ModelEvent['kind']): ModelEvent => ({
    v: 1, universe: universe.name, kind, model: card.model, sha256: card.sha256, fromFrame, who: options.who, why: options.why, evidence: { ...report }, at: wall.nowUs(),
  });
  const output = await openFencedSubject(connection, MODELS, modelsSubject(universe.name), new AbortController().signal);
  const last = output.last === null ? undefined : parseModelEvent(output.last.data);
  if (last?.model !== card.model) await output.publish(encodeModelEvent(event('registered')));
  crashPoint('trainer.promote.before');
  if (!options.registerOnly && (last?.model !== card.model || last.kind !== 'promoted')) await output.publish(encodeModelEvent(event('promoted')));
  crashPoint('trainer.promote.after');
  if (!options.registerOnly) await nameChampion(connection, universe.name, card.model);
  return card.model;
}

/** The alias of what serves. A start says it again: who was killed behind the event had no time for it. */
export const nameChampion = (connection: Connection, universe: string, model: string): Promise<void> => putAlias(connection, `champion.${universe}`, model);

/** Up to and with the first frame at or after `untilTs`; null: everything that is stored. */
async function framesFromStore(universe: UniverseConfig, feed: string, reader: HistoryReader, untilTs: number | null): Promise<TrainingFrames> {
  const { features, hash } = featureSchema(universe.stepMs);
  const engine = createFrameEngine({ ...universe, features });
  return collectFrames(rebuildFrames(engine, reader.feedRows(feed, 1)), { features, schema: hash, instruments: universe.instruments, stepMs: universe.stepMs, untilTs });
}
