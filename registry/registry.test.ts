import { describe, expect, it } from 'vitest';
import { cardFor, linearModel } from '../inference/fakeModel.ts';
import { RefusedError } from '../runtime/errors.ts';
import { encodeCard } from './card.ts';
import { fetchModel, MAX_MODEL_BYTES, type ObjectStore, registerModel } from './registry.ts';

function memoryObjects() {
  const stored = new Map<string, Uint8Array>();
  const puts: string[] = [];
  const objects: ObjectStore = {
    put: async (name, bytes) => {
      puts.push(name);
      stored.set(name, bytes.slice());
    },
    get: async (name) => stored.get(name) ?? null,
  };
  return { objects, stored, puts };
}
const onnx = linearModel([[1, 2]]);
const card = cardFor(onnx, 1, [1_000, 5_000]);
const refusal = async (promise: Promise<unknown>): Promise<string> => {
  const error = await promise.then(() => new Error('not refused'), (thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(RefusedError);
  return (error as Error).message;
};

describe('registry', () => {
  it('gives back what was registered, the card being written last', async () => {
    const { objects, puts } = memoryObjects();
    await registerModel(objects, onnx, card);
    expect(puts).toEqual([`${card.model}.onnx`, `${card.model}.json`]);
    expect(await fetchModel(objects, card.model)).toEqual({ onnx, card });
  });

  it('writes nothing when the same is registered again, and mends a file that was lost', async () => {
    const { objects, stored, puts } = memoryObjects();
    await registerModel(objects, onnx, card);
    await registerModel(objects, onnx, card);
    expect(puts).toHaveLength(2);
    stored.delete(`${card.model}.onnx`);
    await registerModel(objects, onnx, card);
    expect((await fetchModel(objects, card.model)).onnx).toEqual(onnx);
  });

  it('refuses other bytes under a name that is taken', async () => {
    const { objects } = memoryObjects();
    await registerModel(objects, onnx, card);
    const other = linearModel([[1, 3]]);
    expect(await refusal(registerModel(objects, other, cardFor(other, 1, [1_000, 5_000], { model: card.model })))).toMatch(/registered already/);
    expect((await fetchModel(objects, card.model)).onnx).toEqual(onnx);
  });

  it('refuses to register a file that is not its card\'s, or is too large', async () => {
    const { objects, puts } = memoryObjects();
    expect(await refusal(registerModel(objects, onnx.slice(1), card))).toMatch(/SHA-256/);
    expect(await refusal(registerModel(objects, new Uint8Array(MAX_MODEL_BYTES + 1), card))).toMatch(/at most/);
    expect(await refusal(registerModel(objects, onnx, { ...card, features: [] }))).toMatch(/features/);
    expect(puts).toEqual([]);
  });

  it('says what is wrong with what is stored', async () => {
    const { objects, stored } = memoryObjects();
    expect(await refusal(fetchModel(objects, '../etc/passwd'))).toMatch(/not a model's name/);
    expect(await refusal(fetchModel(objects, card.model))).toMatch(/no model/);
    await registerModel(objects, onnx, card);
    const flipped = onnx.slice();
    flipped[20]! ^= 1;
    stored.set(`${card.model}.onnx`, flipped);
    expect(await refusal(fetchModel(objects, card.model))).toMatch(/SHA-256/);
    stored.delete(`${card.model}.onnx`);
    expect(await refusal(fetchModel(objects, card.model))).toMatch(/missing/);
    stored.set(`${card.model}.json`, new TextEncoder().encode('{"v":1}'));
    expect(await refusal(fetchModel(objects, card.model))).toMatch(/model card/);
    stored.set(`${card.model}.json`, encodeCard({ ...card, model: 'another' }));
    expect(await refusal(fetchModel(objects, card.model))).toMatch(/that of another/);
  });
});
