/**
 * What is planted is found, and what isn't there isn't. Seeds are fixed; the market is simulated.
 */
import { describe, expect, it } from 'vitest';
import { attainableSkill } from '../../streams/sources/simulator/skill.ts';
import { pairedT, skillOf } from '../../trainer/evaluate.ts';
import { simulate } from './market.ts';

const HORIZONS = [1_000, 5_000];
/** One-sided 5 %. */
const CRITICAL_T = 1.645;

describe('a simulated market', () => {
  it.each([1, 2, 3])('with planted predictability, seed %i: at least half of the attainable skill', async (seed) => {
    const { judged } = await simulate(seed, 150, true, HORIZONS);
    for (const { horizonMs, y, f } of judged) expect(skillOf(y, f)!).toBeGreaterThan(0.5 * attainableSkill(horizonMs, { predictable: true }));
  }, 120_000);

  it('that is a random walk: of 20 seeds, ungated, at most 4 look better than naive', async () => {
    let better = 0;
    const ts: number[] = [];
    for (let seed = 1; seed <= 20; seed++) {
      const [one] = (await simulate(seed, 40, false, [1_000])).judged;
      const t = pairedT(one!.y.length / 4, 1, one!.y, one!.scale, new Float64Array(one!.y.length), one!.f);
      ts.push(Math.round(t * 100) / 100);
      if (t > CRITICAL_T) better += 1;
    }
    expect(better, `t-values ${ts.join(' ')}`).toBeLessThanOrEqual(4);
  }, 240_000);
});
