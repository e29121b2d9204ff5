/** A model that serves: trained on a short simulation, put into the registry and promoted from the first frame on. */
import { createFrameEngine, type EngineFrame } from '../../quant/frames/engine.ts';
import { featureSchema } from '../../quant/frames/schema.ts';
import { registerModel } from '../../registry/registry.ts';
import type { Config } from '../../runtime/config.ts';
import type { Connection } from '../../streams/edge/connect.ts';
import { openFencedSubject } from '../../streams/edge/fencedSubject.ts';
import { openObjects } from '../../streams/edge/objects.ts';
import { encodeModelEvent } from '../../streams/messages/model.ts';
import { BUCKET, MODELS } from '../../streams/streams.ts';
import { modelsSubject } from '../../streams/subjects.ts';
import { collectFrames } from '../../trainer/collect.ts';
import { trainModel, type Trained } from '../../trainer/train.ts';
import { simulatedFeed } from './ticks.ts';

const SYMBOLS = 4;
/** Steps to learn from: the benches measure how fast it forecasts, not how well. */
const STEPS = 600;
const trained = new Map<string, Promise<Trained>>();

async function train(stepMs: number, horizonsMs: readonly number[]): Promise<Trained> {
  const { instruments, messages } = await simulatedFeed(SYMBOLS, (STEPS * stepMs) / 60_000);
  const { features, hash } = featureSchema(stepMs);
  const options = { instruments, leaders: instruments.slice(0, 2), stepMs, features };
  const engine = createFrameEngine(options);
  async function* frames(): AsyncGenerator<EngineFrame> {
    for (const message of messages) yield* engine.push(message);
  }
  const all = await collectFrames(frames(), { ...options, schema: hash, untilTs: null });
  return trainModel(all, { universe: 'bench', horizonsMs, lightgbmLibrary: null, seed: 1, ungated: true });
}

export async function promoteModel(connection: Connection, config: Config): Promise<void> {
  const { name, stepMs, horizonsMs } = config.universes[0]!;
  const key = `${stepMs} ${horizonsMs.join()}`;
  if (!trained.has(key)) trained.set(key, train(stepMs, horizonsMs));
  const { onnx, card } = await trained.get(key)!;
  await registerModel(await openObjects(connection, BUCKET.models), onnx, card);
  const output = await openFencedSubject(connection, MODELS, modelsSubject(name), new AbortController().signal);
  await output.publish(encodeModelEvent({ v: 1, universe: name, kind: 'promoted', model: card.model, sha256: card.sha256, fromFrame: 0, who: 'bench', why: 'bench', evidence: {}, at: 0 }));
}
