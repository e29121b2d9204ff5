/** The fold's law: rebuilt from the last foldFrames frames and predictions, it goes on with the same numbers. */
import { describe, expect, it } from 'vitest';
import type { HorizonPrediction } from '../streams/messages/prediction.ts';
import { championAt } from '../quant/champion.ts';
import { createFold, type FoldFrame, foldFrames, type ModelPrior } from './fold.ts';
import type { ModelEvent } from '../streams/messages/model.ts';

const S = 1_000_000;
const HORIZONS = [1_000, 5_000];
const prior = (model: string): ModelPrior => ({ model, horizons: HORIZONS.map((horizonMs) => ({ horizonMs, residualQuantiles: Array.from({ length: 100 }, (_, i) => (i - 49.5) / 20) })) });

function frames(n: number): FoldFrame[] {
  let seed = 7;
  const uniform = (): number => (seed = (seed * 1103515245 + 12345) % 2 ** 31) / 2 ** 31;
  let mid = 100;
  return Array.from({ length: n }, (_, i) => {
    mid *= 1 + (uniform() - 0.5) / 1_000;
    return { ts: (i + 1 + (i > 700 ? 30 : 0)) * S, mid: [i % 50 === 9 ? null : mid, 200 - mid], scaleBps: [i < 5 ? NaN : 2 + uniform(), 1.5] };
  });
}
const rawOf = (frame: FoldFrame): Float32Array => new Float32Array([Math.sin(frame.ts), Math.cos(frame.ts), 0.1, frame.ts % 7 === 0 ? NaN : -0.2]);
const modelOf = (i: number): string | null => (i < 20 ? null : i < 900 ? 'a' : 'b');

function step(fold: ReturnType<typeof createFold>, frame: FoldFrame, i: number): HorizonPrediction[] {
  const model = modelOf(i);
  if (model !== fold.model()) fold.use(model === null ? null : prior(model));
  if (model === null) return [];
  fold.mature(frame);
  const horizons = fold.forecast(frame, HORIZONS, rawOf(frame));
  fold.remember(frame, model, horizons);
  return horizons;
}

describe('the fold', () => {
  const all = frames(3_000);
  const whole = createFold(2, HORIZONS);
  const journal = all.map((frame, i) => step(whole, frame, i));

  it.each([25, 890, 905, 1_500, 2_600])('goes on the same after a restart at frame %i', (cut) => {
    const fold = createFold(2, HORIZONS);
    const from = Math.max(0, cut - foldFrames(HORIZONS, 1_000));
    for (let i = from; i < cut; i++) {
      const model = modelOf(i);
      if (model !== fold.model()) fold.use(model === null ? null : prior(model));
      if (model === null) continue;
      fold.mature(all[i]!);
      fold.remember(all[i]!, model, journal[i]!);
    }
    expect(all.slice(cut, cut + 300).map((frame, i) => step(fold, frame, cut + i))).toEqual(journal.slice(cut, cut + 300));
  });

  it('gives null where there is no price, no scale or no raw forecast', () => {
    expect(journal[59]![0]!.retBps[0]).toBeNull();
    expect(journal[100]![0]!.retBps[0]).not.toBeNull();
    const i = all.findIndex((frame, at) => at > 20 && frame.ts % 7 === 0);
    expect(journal[i]![1]!.retBps[1]).toBeNull();
  });
});

describe('the champion', () => {
  const event = (kind: ModelEvent['kind'], model: string, fromFrame: number): ModelEvent => ({ v: 1, universe: 'u', kind, model, sha256: '', fromFrame, who: '', why: '', evidence: {}, at: 0 });
  it('is the last promotion or rollback that holds', () => {
    const events = [event('registered', 'a', 0), event('promoted', 'a', 10), event('promoted', 'b', 20), event('rolledBack', 'a', 30), event('retired', 'a', 40)];
    expect([5, 10, 19, 20, 30, 40].map((ts) => championAt(events, ts))).toEqual([null, 'a', 'a', 'b', 'a', null]);
  });
});
