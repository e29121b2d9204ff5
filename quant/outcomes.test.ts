import { describe, expect, it } from 'vitest';
import type { Prediction } from '../streams/messages/prediction.ts';
import { mature, type Pending } from './outcomes.ts';

const S = 1_000_000;
const frame = (ts: number, mid: (number | null)[]) => ({ universe: 'u', ts, symbols: ['v.A', 'v.B'], mid });
const prediction = (ts: number, model: string | null = 'm'): Prediction => ({
  v: 1, universe: 'u', frameTs: ts, madeAt: 0, late: false, role: 'champion', model, schema: 's', symbols: ['v.A', 'v.B'], refPrice: [1, 1], flags: [0, 0],
  horizons: model === null ? [] : [{ horizonMs: 1_000, retBps: [1, null], loBps: [-1, null], hiBps: [2, null], pUp: [0.6, null] }, { horizonMs: 3_000, retBps: [1, 1], loBps: [0, 0], hiBps: [1, 1], pUp: [0.5, 0.5] }],
});

describe('outcomes', () => {
  it('judge each horizon at its own frame, against mids of frames', () => {
    const pending: Pending = new Map();
    expect(mature(pending, frame(1 * S, [100, 50]), prediction(1 * S), 3_000).matured).toEqual([]);
    const [one] = mature(pending, frame(2 * S, [100.01, 50]), prediction(2 * S), 3_000).matured;
    expect(one).toMatchObject({ horizonMs: 1_000, predictedTs: 1 * S, realisedBps: [0.99995, 0], errBps: [-0.00005, null], covered: [1, null], naiveErrBps: [0.99995, 0] });
    mature(pending, frame(3 * S, [100, 50]), prediction(3 * S), 3_000);
    const at4 = mature(pending, frame(4 * S, [100, 51]), prediction(4 * S, null), 3_000).matured;
    expect(at4.map((m) => [m.horizonMs, m.predictedTs])).toEqual([[1_000, 3 * S], [3_000, 1 * S]]);
    expect(at4[1]!.covered).toEqual([1, 0]);
  });

  it('judge nothing on a price that nobody saw, and keep a bounded memory', () => {
    const pending: Pending = new Map();
    mature(pending, frame(1 * S, [100, 50]), prediction(1 * S), 3_000);
    expect(mature(pending, frame(2 * S, [null, 50]), prediction(2 * S), 3_000).matured[0]!.realisedBps).toEqual([null, 0]);
    for (let i = 3; i < 100; i++) mature(pending, frame(i * S, [100, 50]), prediction(i * S), 3_000);
    expect(pending.size).toBeLessThanOrEqual(3);
    expect(mature(pending, frame(500 * S, [100, 50]), prediction(500 * S), 3_000).matured).toEqual([]);
    expect(pending.size).toBe(1);
  });
});
