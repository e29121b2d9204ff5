import { describe, expect, test } from 'vitest';
import { createPacer } from './pace.ts';

const S = 1_000_000;
const START = 1_000 * S;

describe('pace', () => {
  test('as fast as possible', () => {
    const pacer = createPacer(null, null);
    expect([0, 1, 5].map((s) => pacer.waitMs(START + s * S, 0))).toEqual([0, 0, 0]);
  });

  test('known time advances speed times wall time, from the first message; who is behind does not wait', () => {
    const pacer = createPacer(4, null);
    expect(pacer.waitMs(START, 7 * S)).toBe(0);
    expect(pacer.waitMs(START + 2 * S, 7 * S)).toBe(500);
    expect(pacer.waitMs(START + 4 * S, 7.75 * S)).toBe(250);
    expect(pacer.waitMs(START + 8 * S, 10 * S)).toBe(0);
    expect(pacer.waitMs(START + 16 * S, 10 * S)).toBe(1_000);
  });

  test('what lies before fastUntil is not waited for, and the measure starts behind it', () => {
    const pacer = createPacer(1, START + 3 * S);
    expect([0, 1, 2].map((s) => pacer.waitMs(START + s * S, 0))).toEqual([0, 0, 0]);
    expect(pacer.waitMs(START + 3 * S, S)).toBe(0);
    expect(pacer.waitMs(START + 4 * S, S)).toBe(1_000);
  });

  test('a closed market is not waited for', () => {
    const pacer = createPacer(1, null);
    expect(pacer.waitMs(START, 0)).toBe(0);
    expect(pacer.waitMs(START + 10 * S, 0)).toBe(10_000);
    expect(pacer.waitMs(START + 60_000 * S, 10 * S)).toBe(0);
    expect(pacer.waitMs(START + 60_001 * S, 10 * S)).toBe(1_000);
  });
});
