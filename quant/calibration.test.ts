import { describe, expect, it } from 'vitest';
import { createCalibration, WINDOW } from './calibration.ts';

describe('calibration', () => {
  it('says nothing while too little is known', () => {
    const calibration = createCalibration([]);
    for (let i = 0; i < 19; i++) calibration.push(i);
    expect(calibration.interval(0, 1)).toBeNull();
    calibration.push(19);
    expect(calibration.interval(0, 1)).not.toBeNull();
  });

  it('gives the conformal ranks, scaled, and P(up) from the residuals', () => {
    const calibration = createCalibration(Array.from({ length: 99 }, (_, i) => i - 49)); // −49 … 49
    // n = 99: (n+1)·0.05 = 5, so 4 residuals lie below lo and 4 above hi.
    expect(calibration.interval(10, 2)).toEqual({ loBps: 10 + 2 * -45, hiBps: 10 + 2 * 45, pUp: 54 / 99 }); // residuals > −5: −4 … 49
    expect(calibration.interval(0, 1)!.pUp).toBe(49 / 99);
  });

  it('forgets what is older than its window, also what could not be judged', () => {
    const calibration = createCalibration(Array(100).fill(1_000));
    for (let i = 0; i < WINDOW; i++) calibration.push(i < WINDOW - 40 ? NaN : i % 2 ? 1 : -1);
    expect(calibration.interval(0, 1)).toEqual({ loBps: -1, hiBps: 1, pUp: 0.5 });
  });

  it('covers about 90 % of exchangeable residuals', () => {
    let seed = 12345;
    const uniform = (): number => (seed = (seed * 1103515245 + 12345) % 2 ** 31) / 2 ** 31;
    const calibration = createCalibration([]);
    let covered = 0;
    for (let i = 0; i < 6_000; i++) {
      const r = uniform() + uniform() - 1;
      const interval = calibration.interval(0, 1);
      if (i >= 1_000 && r >= interval!.loBps && r <= interval!.hiBps) covered += 1;
      calibration.push(r);
    }
    expect(covered / 5_000).toBeGreaterThan(0.88);
    expect(covered / 5_000).toBeLessThan(0.92);
  });
});
