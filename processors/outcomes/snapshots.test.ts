import { expect, it } from 'vitest';
import { addOutcome, emptyScoreBook, scoresAt } from '../../quant/scores/scoreBook.ts';
import type { Outcome } from '../../streams/messages/outcome.ts';
import { newCadence } from './cadence.ts';
import { createSnapshots, type OutcomesState } from './snapshots.ts';

const symbols = ['v.A', 'v.B', 'v.C'];
const outcomeAt = (i: number): Outcome => {
  const column = (phase: number): number[] => symbols.map((_, s) => Math.sin(i * (s + 1) + phase));
  return {
    v: 1, universe: 'u', frameTs: i * 1e6, symbols, matured: [1_000, 5_000].map((horizonMs) => ({
      horizonMs, predictedTs: i * 1e6 - horizonMs * 1_000, model: 'm', role: 'champion', late: false, realisedBps: column(0), retBps: column(1), loBps: column(2), hiBps: column(3), pUp: column(4),
      errBps: column(5), covered: [1, 0, 1], naiveErrBps: column(0),
    })),
  };
};

it('a state that was kept goes on to the very scores of one that was not, over merges of blocks too', async () => {
  const stored = new Map<string, Uint8Array>();
  const open = () => createSnapshots({ put: async (name, bytes) => void stored.set(name, bytes), get: async (name) => stored.get(name) ?? null }, 'u', (error) => {
    throw error;
  });
  const state: OutcomesState = { pending: new Map(), book: emptyScoreBook(), cadence: newCadence() };
  let resumed = (await open().load(0)).state;
  const snapshots = open();
  for (let i = 1; i <= 3_000; i++) {
    for (const { book } of [state, resumed]) addOutcome(book, outcomeAt(i));
    snapshots.offer(state, { frameSeq: i, predictionSeq: i, frameTs: i });
    await snapshots.settled();
    const kept = i % 100 === 0 ? await open().load(i) : null;
    if (kept !== null) expect(kept.position.frameTs).toBe(i);
    resumed = kept?.state ?? resumed;
  }
  expect(scoresAt(resumed.book, 7)).toEqual(scoresAt(state.book, 7));
  expect(scoresAt(resumed.book, 7)[0]!.blocks).toBeLessThan(300);
});
