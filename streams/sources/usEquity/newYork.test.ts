import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { sessionAt, sessionOfDay } from './newYork.ts';

const HOUR_US = 3_600_000_000;

describe('sessionOfDay', () => {
  it.each([
    // Winter, summer, and the days around the changes of 2013 and 2024; before 2007 the rule was another one, in 1974 there was winter summer time.
    ['2013-01-15', '14:30'], ['2013-10-07', '13:30'], ['2013-03-08', '14:30'], ['2013-03-11', '13:30'], ['2013-11-01', '13:30'], ['2013-11-04', '14:30'],
    ['2024-03-10', '13:30'], ['2024-11-03', '14:30'], ['2006-03-20', '14:30'], ['2006-04-03', '13:30'], ['1974-01-07', '13:30'],
  ])('%s opens at %s UTC and lasts six and a half hours', (day, utc) => {
    const { from, to } = sessionOfDay(Date.parse(`${day}T00:00:00Z`));
    expect(new Date(from / 1_000).toISOString()).toBe(`${day}T${utc}:00.000Z`);
    expect(to - from).toBe(6.5 * HOUR_US);
  });

  it('shows 09:30 and 16:00 on a clock in New York, on every day', () => {
    const clock = new Intl.DateTimeFormat('en-GB', { timeZone: 'America/New_York', dateStyle: 'short', timeStyle: 'medium' });
    fc.assert(fc.property(fc.integer({ min: 0, max: 27_000 }), (day) => {
      const { from, to } = sessionOfDay(day * 86_400_000);
      const [year, month, date] = new Date(day * 86_400_000).toISOString().slice(0, 10).split('-');
      expect(clock.format(from / 1_000)).toBe(`${date}/${month}/${year}, 09:30:00`);
      expect(clock.format(to / 1_000)).toBe(`${date}/${month}/${year}, 16:00:00`);
    }), { seed: 3, numRuns: 300 });
  });
});

describe('sessionAt', () => {
  it('finds the session of any moment of a New York day', () => {
    fc.assert(fc.property(fc.integer({ min: 0, max: 27_000 }), fc.integer({ min: -9 * HOUR_US, max: 14 * HOUR_US }), (day, afterOpen) => {
      const session = sessionOfDay(day * 86_400_000);
      expect(sessionAt(session.from + afterOpen)).toEqual(session);
    }), { seed: 3, numRuns: 300 });
  });
});
