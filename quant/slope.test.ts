/** The slope of a correlated series: what is planted is found, what is flat is not accused. */
import { describe, expect, it } from 'vitest';
import { createRandom } from './random.ts';
import { BATCHES, slopeOf } from './slope.ts';

const MINUTES = 48;
const EVERY_S = 5;
const times = Array.from({ length: (MINUTES * 60) / EVERY_S }, (_, i) => i * EVERY_S);
const PER_HOUR = 3_600;

/** MB: noise with a memory of a minute, a saw-tooth (a collector of garbage) of 20 MB every 40 s, and a leak. */
function memory(seed: number, leakPerHour: number): number[] {
  const random = createRandom(seed);
  const keep = Math.exp(-EVERY_S / 60);
  let noise = 4 * random.normal();
  return times.map((t) => {
    noise = keep * noise + 4 * Math.sqrt(1 - keep * keep) * random.normal();
    return 120 + noise + 20 * ((t % 40) / 40) + (leakPerHour * t) / PER_HOUR;
  });
}
const slopes = (leakPerHour: number) => Array.from({ length: 100 }, (_, seed) => slopeOf(times, memory(seed, leakPerHour))!);

describe('slopeOf', () => {
  it('is that of a line, exactly, with nothing around it', () => {
    const slope = slopeOf(times, times.map((t) => 7 + 0.25 * t))!;
    for (const value of [slope.perSecond, slope.lo, slope.hi]) expect(value).toBeCloseTo(0.25, 12);
  });

  it('finds a planted leak in noise and saw-teeth, every time', () => {
    for (const { lo, hi } of slopes(20)) {
      expect(lo).toBeGreaterThan(0);
      expect(hi * PER_HOUR).toBeGreaterThan(8);
    }
  });

  it('accuses a flat series about as rarely as its 95 % say, and contains the truth as often', () => {
    const accused = slopes(0).filter(({ lo, hi }) => lo > 0 || hi < 0).length;
    const missed = slopes(20).filter(({ lo, hi }) => lo * PER_HOUR > 20 || hi * PER_HOUR < 20).length;
    expect(accused).toBeLessThanOrEqual(12);
    expect(missed).toBeLessThanOrEqual(12);
  });

  it('the textbook interval would accuse most of them: that is what the batches are for', () => {
    const textbook = Array.from({ length: 100 }, (_, seed) => memory(seed, 0)).filter((values) => {
      const slope = slopeOf(times, values)!.perSecond;
      const mean = (xs: readonly number[]): number => xs.reduce((a, b) => a + b, 0) / xs.length;
      const [meanT, meanY] = [mean(times), mean(values)];
      const sxx = times.reduce((a, t) => a + (t - meanT) ** 2, 0);
      const residual = values.reduce((a, y, i) => a + (y - meanY - slope * (times[i]! - meanT)) ** 2, 0);
      return Math.abs(slope) > 1.96 * Math.sqrt(residual / (times.length - 2) / sxx);
    }).length;
    expect(textbook).toBeGreaterThan(12);
  });

  it('says nothing where there is too little', () => {
    expect(slopeOf(times.slice(0, BATCHES - 1), memory(1, 0).slice(0, BATCHES - 1))).toBeNull();
    expect(slopeOf(Array(40).fill(3), Array(40).fill(1))).toBeNull();
    expect(slopeOf([], [])).toBeNull();
  });
});
