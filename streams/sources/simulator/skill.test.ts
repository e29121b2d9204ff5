import { describe, expect, it } from 'vitest';
import { createMarket, type Market, MARKET, STEP_MS } from './market.ts';
import { attainableSkill } from './skill.ts';

/** E[R | F] ÷ s₀'s own factor, from the hidden state: the derivation in skill.ts, before anything is averaged. */
function oracle(market: Market, asset: number, steps: number, share: number): number {
  const { signal, fast, baseVolatility } = market.assets[asset]!;
  let sum = 0;
  for (let j = 0; j < steps; j++) {
    const fastPersists = MARKET.fastPersistence ** j;
    const slowPersists = MARKET.slowPersistence ** j;
    sum += MARKET.signalPersistence ** j * Math.exp(
      Math.sqrt(MARKET.fastVariance) * fastPersists * fast + (MARKET.fastVariance / 2) * (1 - fastPersists ** 2)
      + Math.sqrt(MARKET.slowVariance) * slowPersists * market.slow() + (MARKET.slowVariance / 2) * (1 - slowPersists ** 2));
  }
  return share * signal * baseVolatility * sum;
}

/** Skill of the oracle over non-overlapping horizons, and its standard error by blocks. */
function oracleSkill(horizonMs: number, predictable: boolean, horizons: number): { skill: number; error: number } {
  const steps = horizonMs / STEP_MS;
  const market = createMarket({ seed: 11, symbols: 4, predictable });
  const gains: number[] = [];
  let total = 0;
  for (let h = 0; h < horizons; h++) {
    const from = market.assets.map(({ midTicks }) => midTicks);
    const forecasts = market.assets.map((_, i) => oracle(market, i, steps, MARKET.signalShare));
    for (let j = 0; j < steps; j++) market.step();
    let gain = 0;
    market.assets.forEach(({ midTicks, baseVolatility }, i) => {
      const realised = Math.log(midTicks / from[i]!) / baseVolatility;
      const miss = realised - forecasts[i]! / baseVolatility;
      gain += realised ** 2 - miss ** 2;
      total += realised ** 2;
    });
    gains.push(gain);
  }
  const mean = gains.reduce((sum, gain) => sum + gain, 0) / horizons;
  const variance = gains.reduce((sum, gain) => sum + (gain - mean) ** 2, 0) / horizons;
  return { skill: (mean * horizons) / total, error: (Math.sqrt(variance * horizons)) / total };
}

describe('attainableSkill', () => {
  it('is at most 5 %, positive at every horizon, and highest at five seconds', () => {
    const horizons = [200, 1_000, 3_000, 5_000, 10_000, 30_000, 60_000, 300_000];
    const skills = horizons.map((horizonMs) => attainableSkill(horizonMs, { predictable: true }));
    expect(Math.max(...skills)).toBe(skills[3]);
    expect(skills[3]).toBeGreaterThan(0.045);
    expect(skills[3]).toBeLessThanOrEqual(0.05);
    expect(Math.min(...skills)).toBeGreaterThan(0);
    expect(skills[1]).toBeGreaterThan(0.02);
  });

  it('is nothing on a random walk', () => {
    expect(attainableSkill(1_000, { predictable: false })).toBe(0);
  });

  it('refuses a horizon that is not positive', () => {
    expect(() => attainableSkill(0, { predictable: true })).toThrow(RangeError);
  });

  it.each([[200, 150_000], [1_000, 60_000], [5_000, 30_000], [30_000, 9_000]])('is what an oracle reaches at %i ms', (horizonMs, horizons) => {
    const { skill, error } = oracleSkill(horizonMs, true, horizons);
    const attainable = attainableSkill(horizonMs, { predictable: true });
    expect(Math.abs(skill - attainable)).toBeLessThan(3 * error);
    // The test can fail: the error is small beside what is measured.
    expect(error).toBeLessThan(attainable / 8);
  });

  it('the same oracle loses on a random walk, by what it claims', () => {
    const { skill, error } = oracleSkill(5_000, false, 20_000);
    expect(skill).toBeLessThan(-0.03);
    expect(Math.abs(skill + attainableSkill(5_000, { predictable: true }))).toBeLessThan(3 * error + 0.003);
  });
});
