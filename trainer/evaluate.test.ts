import { describe, expect, it } from 'vitest';
import { createRandom } from '../quant/random.ts';
import { pairedT, skillOf, uncentredIc } from './evaluate.ts';

const y = Float64Array.of(1, -2, 0, 3);

describe('skillOf, uncentredIc', () => {
  it('is 1 for the truth, 0 for zero, negative for worse than zero', () => {
    expect(skillOf(y, y)).toBe(1);
    expect(skillOf(y, new Float64Array(4))).toBe(0);
    expect(skillOf(y, y.map((value) => -value))).toBe(-3);
    expect(uncentredIc(y, y.map((value) => value / 7))).toBeCloseTo(1, 12);
    expect(uncentredIc(y, y.map((value) => -value))).toBeCloseTo(-1, 12);
  });

  it('says nothing where nothing moved or nothing was said', () => {
    expect(skillOf(new Float64Array(4), y)).toBeNull();
    expect(uncentredIc(new Float64Array(4), y)).toBeNull();
    expect(uncentredIc(y, new Float64Array(4))).toBeNull();
  });
});

describe('pairedT', () => {
  const random = createRandom(3);
  const n = 3_000;
  const signal = Float64Array.from({ length: n }, () => random.normal());
  const label = signal.map((value) => 0.2 * value + random.normal());
  const scale = new Float64Array(n).fill(1);
  const zero = new Float64Array(n);

  it('is large for the better forecast, negative the other way round, small for noise', () => {
    const good = signal.map((value) => 0.2 * value);
    expect(pairedT(n, 1, label, scale, zero, good)).toBeGreaterThan(4);
    expect(pairedT(n, 1, label, scale, good, zero)).toBeLessThan(-4);
    expect(pairedT(n, 1, label, scale, zero, Float64Array.from({ length: n }, () => 0.2 * random.normal()))).toBeLessThan(1);
    expect(pairedT(n, 1, label, scale, good, good)).toBe(0);
  });

  it('does not judge by fewer than eight independent stretches', () => {
    expect(pairedT(n, n / 15, label, scale, zero, signal.map((value) => 0.2 * value))).toBe(0);
    expect(pairedT(0, 1, new Float64Array(0), new Float64Array(0), new Float64Array(0), new Float64Array(0))).toBe(0);
  });
});
