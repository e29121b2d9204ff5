/** From a model file to something that forecasts: checked against its card and in a child process first, then loaded here. */
import type { ModelCard } from '../registry/card.ts';
import { checkModel } from './check.ts';
import { openSession, type Session } from './runtime.ts';

/** Throws RefusedError in plain words when the file isn't what its card says, or isn't fit to be run. */
export async function loadSession(onnx: Uint8Array, card: ModelCard): Promise<Session> {
  await checkModel(onnx, card);
  return openSession(onnx, card.features.length, card.horizons.length);
}
