/** What the sums see: every row, in whatever order it was written; the wall clock only where a copy is compared. */
import { expect, test } from 'vitest';
import type { ModelEvent } from '../streams/messages/model.ts';
import { digestHistory } from './digest.ts';
import type { StoreBatch } from './history.ts';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openReader, openStore } from './open.ts';

const T0 = 1_721_347_200_000_000;
const key = { universe: 'main', instrument: 'v.A', horizonMs: 1_000, role: 'champion', model: 'm' };
const event = (at: number): ModelEvent => ({ v: 1, universe: 'main', kind: 'promoted', model: 'm', sha256: 'a'.repeat(64), fromFrame: T0, who: 'w', why: 'y', evidence: {}, at });
const outcome = (i: number, realisedBps: number) => ({ ...key, predictedTs: T0 + i, realisedBps });

async function digests(as: 'copy' | 'run', ...batches: StoreBatch[]) {
  const dir = mkdtempSync(join(tmpdir(), 'foretick-digest-'));
  try {
    const store = openStore(join(dir, 'history.db'));
    for (const batch of batches) await store.write(batch);
    await store.close();
    const reader = openReader(join(dir, 'history.db'));
    return await digestHistory(reader, as).finally(() => reader.close());
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}
const differing = (a: Record<string, string>, b: Record<string, string>): string[] => Object.keys(a).filter((kind) => a[kind] !== b[kind]);

test('two runs may write a model event at another time, and in other batches; a copy may not', async () => {
  const one: StoreBatch[] = [{ cursors: { S: 1 }, outcomes: [outcome(1, 1)] }, { cursors: { S: 2 }, outcomes: [outcome(2, 2)], models: [event(1)] }];
  const other: StoreBatch[] = [{ cursors: { S: 2 }, outcomes: [outcome(2, 2), outcome(1, 1)], models: [event(2)] }];
  expect(await digests('run', ...one)).toEqual(await digests('run', ...other));
  expect(differing(await digests('copy', ...one), await digests('copy', ...other))).toEqual(['models']);
});

test('a row that is missing, or differs in one number, and a cursor that stands elsewhere', async () => {
  const whole = await digests('run', { cursors: { S: 2 }, outcomes: [outcome(1, 1), outcome(2, 2)] });
  expect(differing(whole, await digests('run', { cursors: { S: 2 }, outcomes: [outcome(1, 1)] }))).toEqual(['outcomes']);
  expect(differing(whole, await digests('run', { cursors: { S: 1 }, outcomes: [outcome(1, 1), outcome(2, 2.000000001)] }))).toEqual(['cursors', 'outcomes']);
});
