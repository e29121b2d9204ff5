import { expect, it } from 'vitest';
import { createFrameBatch } from './frameBatch.ts';

function setup() {
  const frames: (() => void)[] = [];
  const cancelled: number[] = [];
  const applied: string[][] = [];
  const batch = createFrameBatch<string>((updates) => applied.push([...updates]), (run) => frames.push(run), (id) => cancelled.push(id));
  return { frames, cancelled, applied, batch };
}

it('asks for one frame and applies the newest of each key', () => {
  const { frames, applied, batch } = setup();
  for (const value of ['a1', 'a2']) batch.add('a', value);
  batch.add('b', 'b1');
  expect(frames).toHaveLength(1);
  frames[0]!();
  expect(applied).toEqual([['a2', 'b1']]);
});
it('asks again for what comes after a frame', () => {
  const { frames, applied, batch } = setup();
  batch.add('a', 'a1');
  frames[0]!();
  batch.add('a', 'a2');
  frames[1]!();
  expect(applied).toEqual([['a1'], ['a2']]);
});
it('forgets what waits when cleared', () => {
  const { frames, cancelled, applied, batch } = setup();
  batch.add('a', 'a1');
  batch.clear();
  expect(cancelled).toEqual([1]);
  batch.add('b', 'b1');
  frames[1]!();
  expect(applied).toEqual([['b1']]);
});
