import { expect, it } from 'vitest';
import { RefusedError } from '../runtime/errors.ts';
import { encodeRows, type Frame } from '../streams/messages/frame.ts';
import { cardFor } from './fakeModel.ts';
import { createFold } from './fold.ts';
import { predict } from './predict.ts';

const frame: Frame = { v: 1, universe: 'u', ts: 1_000_000, schema: 's', symbols: ['v.A'], rows: encodeRows(Float32Array.of(1)), mid: [1], flags: [0] };

it('a model that fails on a frame is refused, and the frame gets no forecast; any other failure is ours', async () => {
  const card = cardFor(new Uint8Array(3), 1, [1_000]);
  const refused: string[] = [];
  const step = (failure: Error) => {
    const fold = createFold(1, [1_000]);
    fold.use(card);
    const session = { predict: () => Promise.reject(failure), release: async () => undefined };
    const horizons = predict(frame, { card, session }, ['f0'], fold, async (model, error) => void refused.push(`${model}: ${error.message}`));
    return { fold, horizons };
  };
  const { fold, horizons } = step(new RefusedError('fails on a batch of 1 rows'));
  expect(await horizons).toEqual([]);
  expect(fold.model()).toBeNull();
  expect(refused).toEqual([`${card.model}: fails on a batch of 1 rows`]);
  await expect(step(new RangeError('ours')).horizons).rejects.toThrow('ours');
  expect(refused).toHaveLength(1);
});
