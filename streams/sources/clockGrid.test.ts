import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CLOCK_STEP_US } from '../messages/control.ts';
import { clocksBefore, MAX_FILL_US } from './clockGrid.ts';

const times = (known: number | null, tsInit: number): number[] => clocksBefore(known, tsInit).map((clock) => clock.tsInit);

describe('clocksBefore', () => {
  it('gives each grid time after known time, up to and including the message', () => {
    expect(times(50_000, 300_000)).toEqual([100_000, 200_000, 300_000]);
    expect(times(100_000, 199_999)).toEqual([]);
    expect(times(100_000, 200_000)).toEqual([200_000]);
  });

  it('gives none before the first message, across a jump, or for a message behind known time', () => {
    expect(times(null, 300_000)).toEqual([]);
    expect(times(0, MAX_FILL_US)).toHaveLength(100);
    expect(times(0, MAX_FILL_US + 1)).toEqual([]);
    expect(times(300_000, 100_000)).toEqual([]);
  });

  it('splitting a move in two gives the same clocks', () => {
    const move = fc.integer({ min: 0, max: MAX_FILL_US / 2 });
    fc.assert(fc.property(fc.integer({ min: 0, max: 2 ** 51 }), move, move, (known, first, second) => {
      const whole = times(known, known + first + second);
      expect([...times(known, known + first), ...times(known + first, known + first + second)]).toEqual(whole);
      expect(whole.every((ts) => ts % CLOCK_STEP_US === 0)).toBe(true);
    }), { seed: 3 });
  });
});
