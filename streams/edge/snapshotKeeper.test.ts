import { expect, it } from 'vitest';
import type { Objects } from './objects.ts';
import { createSnapshotKeeper } from './snapshotKeeper.ts';

const EVERY = 10;

/** A start with what an earlier process left; `slow`: the store doesn't answer. */
function start(stored: Map<string, Uint8Array>, slow?: Promise<void>) {
  const objects: Objects = { put: async (name, bytes) => void (await slow, stored.set(name, bytes)), get: async (name) => stored.get(name) ?? null };
  return createSnapshotKeeper(objects, 'outcomes', 'u', EVERY, (error) => {
    throw error;
  });
}

it('a service that is killed more often than snapshots come is never further behind than that', async () => {
  const stored = new Map<string, Uint8Array>();
  let done = 0;
  const behind: number[] = [];
  for (let life = 0; life < 20; life++) {
    const keeper = start(stored);
    const from = (await keeper.load())?.[0] ?? 0;
    behind.push(done - from);
    keeper.count(done - from);
    for (let frame = 0; frame < 3; frame++) {
      keeper.count(1);
      done += 1;
      if (keeper.isDue()) keeper.keep(Uint8Array.of(done));
      await keeper.settled();
    }
  }
  expect(Math.max(...behind)).toBe(EVERY - 1);
});

it('never keeps two at once, and keeps one early when asked to', async () => {
  const answer = Promise.withResolvers<void>();
  const keeper = start(new Map(), answer.promise);
  expect([keeper.isDue(), keeper.isDue(true)]).toEqual([false, true]);
  keeper.keep(Uint8Array.of(1));
  keeper.count(EVERY);
  expect([keeper.isDue(), keeper.isDue(true)]).toEqual([false, false]);
  answer.resolve();
  await keeper.settled();
  expect(keeper.isDue()).toBe(true);
});
