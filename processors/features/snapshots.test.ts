import { describe, expect, it } from 'vitest';
import type { FrameEngine } from '../../quant/frames/engine.ts';
import type { Objects } from '../../streams/edge/objects.ts';
import { createSnapshots } from './snapshots.ts';

const inMemory = (): Objects & { stored: Map<string, Uint8Array> } => {
  const stored = new Map<string, Uint8Array>();
  return { stored, put: async (name, bytes) => void stored.set(name, new Uint8Array(bytes)), get: async (name) => stored.get(name) ?? null };
};
const engineOf = (state: Float64Array): FrameEngine & { state: Float64Array } => {
  const engine = { state, slots: state.length, push: () => [], snapshot: () => engine.state.slice(), restore: (snapshot: Float64Array) => void (engine.state = snapshot.slice()) };
  return engine;
};

const never = (error: unknown): never => {
  throw error;
};

describe('snapshots', () => {
  it('come back bit by bit, −0, NaN and subnormals too, every 300 frames', async () => {
    const objects = inMemory();
    const state = new Float64Array([1 / 3, -0, NaN, 5e-324, -Infinity]);
    const snapshots = createSnapshots(objects, 'u', 'schema', never);
    for (let i = 1; i <= 299; i++) snapshots.offer(engineOf(state), i, i);
    await snapshots.settled();
    expect(objects.stored.size).toBe(0);
    snapshots.offer(engineOf(state), 9_000, 300);
    await snapshots.settled();
    const restored = engineOf(new Float64Array(5));
    expect(await createSnapshots(objects, 'u', 'schema', never).load(restored, 300)).toEqual({ feedSeq: 9_000, frameSeq: 300 });
    expect(Buffer.from(restored.state.buffer)).toEqual(Buffer.from(state.buffer));
  });

  it('are taken after 20,000 messages too, however few frames they made', async () => {
    const objects = inMemory();
    const snapshots = createSnapshots(objects, 'u', 'schema', never);
    snapshots.offer(engineOf(new Float64Array([1])), 19_999, 1);
    await snapshots.settled();
    expect(objects.stored.size).toBe(0);
    snapshots.offer(engineOf(new Float64Array([2])), 20_000, 2);
    await snapshots.settled();
    snapshots.offer(engineOf(new Float64Array([3])), 39_999, 3);
    await snapshots.settled();
    const restored = engineOf(new Float64Array(1));
    expect(await createSnapshots(objects, 'u', 'schema', never).load(restored, 3)).toEqual({ feedSeq: 20_000, frameSeq: 2 });
    expect([...restored.state]).toEqual([2]);
  });

  it('are taken less often where they are large', async () => {
    const objects = inMemory();
    const engine = { ...engineOf(new Float64Array(1)), slots: 30_000 * 16 };
    const snapshots = createSnapshots(objects, 'u', 'schema', never);
    snapshots.offer(engine, 29_999, 1);
    await snapshots.settled();
    expect(objects.stored.size).toBe(0);
    snapshots.offer(engine, 30_000, 2);
    await snapshots.settled();
    expect(objects.stored.size).toBe(1);
    snapshots.offer({ ...engine, slots: 1e9 }, 80_000, 3);
    await snapshots.settled();
    expect((await createSnapshots(objects, 'u', 'schema', never).load(engineOf(new Float64Array(1)), 3)).feedSeq).toBe(80_000);
  });

  it('of another schema, of frames that are not published, or damaged are not used', async () => {
    const objects = inMemory();
    const snapshots = createSnapshots(objects, 'u', 'schema', never);
    for (let i = 1; i <= 300; i++) snapshots.offer(engineOf(new Float64Array([7])), i, i);
    await snapshots.settled();
    const fresh = { feedSeq: 0, frameSeq: 0 };
    const engine = engineOf(new Float64Array([1]));
    expect(await createSnapshots(objects, 'u', 'other', never).load(engine, 300)).toEqual(fresh);
    expect(await createSnapshots(objects, 'u', 'schema', never).load(engine, 299)).toEqual(fresh);
    const name = [...objects.stored.keys()][0]!;
    objects.stored.set(name, objects.stored.get(name)!.slice(0, -3));
    expect(await createSnapshots(objects, 'u', 'schema', never).load(engine, 300)).toEqual(fresh);
    expect([...engine.state]).toEqual([1]);
  });

  it('that the server refuses are told, cost nothing else, and the next is kept', async () => {
    const objects = inMemory();
    let refused = 0;
    const told: unknown[] = [];
    const refusing: Objects = { ...objects, put: async (name, bytes) => (refused++ === 0 ? Promise.reject(new Error('the bucket is full')) : objects.put(name, bytes)) };
    const snapshots = createSnapshots(refusing, 'u', 'schema', (error) => told.push(error), 1);
    snapshots.offer(engineOf(new Float64Array([7])), 1, 1);
    await snapshots.settled();
    expect([told.length, objects.stored.size]).toEqual([1, 0]);
    snapshots.offer(engineOf(new Float64Array([7])), 2, 2);
    await snapshots.settled();
    expect([told.length, objects.stored.size]).toEqual([1, 1]);
  });
});
