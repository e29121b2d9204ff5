/**
 * The registry: a model's ONNX file and its card, side by side in an object store. What serves is decided on MODELS, not here.
 *
 *  1. The card is written last: where there is a card, its file is whole.
 *  2. A model's name stands for its bytes. Registering the same again changes nothing; other bytes under a name that is taken are refused.
 *  3. Nothing leaves fetchModel whose SHA-256 isn't the card's.
 */
import { createHash } from 'node:crypto';
import { RefusedError } from '../runtime/errors.ts';
import { encodeCard, type ModelCard, parseCard } from './card.ts';

export interface ObjectStore {
  put(name: string, bytes: Uint8Array): Promise<void>;
  /** null when there is none of that name. */
  get(name: string): Promise<Uint8Array | null>;
}

export interface RegisteredModel { readonly onnx: Uint8Array; readonly card: ModelCard }

/** A larger model file is refused: ten thousand trees of 30 leaves are 20 MB. */
export const MAX_MODEL_BYTES = 64 * 1024 ** 2;

const MODEL_NAME = /^[A-Za-z0-9][A-Za-z0-9_.-]{0,127}$/;
const fileOf = (model: string): string => `${model}.onnx`;
const cardOf = (model: string): string => `${model}.json`;

/** Throws RefusedError when file and card don't belong together, or another model has this name. */
export async function registerModel(objects: ObjectStore, onnx: Uint8Array, card: ModelCard): Promise<void> {
  const bytes = encodeCard(parseCard(encodeCard(card)));
  refuseWrongBytes(onnx, card);
  const stored = await objects.get(cardOf(card.model));
  const known = stored === null ? null : parseCard(stored);
  if (known !== null && known.sha256 !== card.sha256) {
    throw new RefusedError(`model ${card.model} is registered already, with another file`, 'Register it under another name: a name stands for one file for good.');
  }
  if (known !== null && (await fetchModel(objects, card.model).then(() => true, () => false))) return;
  await objects.put(fileOf(card.model), onnx);
  await objects.put(cardOf(card.model), bytes);
}

/** Throws RefusedError when there is no such model, or what is stored isn't what the card says. */
export async function fetchModel(objects: ObjectStore, model: string): Promise<RegisteredModel> {
  if (!MODEL_NAME.test(model)) throw new RefusedError(`${JSON.stringify(model.slice(0, 60))} is not a model's name`, '`foretick models` lists them.');
  const stored = await objects.get(cardOf(model));
  if (stored === null) throw new RefusedError(`there is no model ${model} in the registry`, '`foretick models` lists them.');
  const card = parseCard(stored);
  if (card.model !== model) throw new RefusedError(`the card stored for ${model} is that of ${card.model}`, 'Train or register the model again.');
  const onnx = await objects.get(fileOf(model));
  if (onnx === null) throw new RefusedError(`the file of model ${model} is missing from the registry`, 'Register it again with the same card.');
  refuseWrongBytes(onnx, card);
  return { onnx, card };
}

/** Size and SHA-256 against the card. */
export function refuseWrongBytes(onnx: Uint8Array, card: ModelCard): void {
  if (onnx.length > MAX_MODEL_BYTES) throw new RefusedError(`model ${card.model}: ${onnx.length} bytes; at most ${MAX_MODEL_BYTES} are loaded`, 'Use a smaller model: fewer trees, or fewer leaves.');
  const sha256 = createHash('sha256').update(onnx).digest('hex');
  if (sha256 !== card.sha256) throw new RefusedError(`model ${card.model}: the file's SHA-256 is ${sha256.slice(0, 12)}…, its card says ${card.sha256.slice(0, 12)}…`, 'The file is damaged or was changed. Register the original again.');
}
