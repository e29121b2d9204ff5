import { expect, test } from 'vitest';
import { parseInterval } from './interval.ts';

test.each([['5m', 300_000], ['1s', 1_000], ['250ms', 250], ['1h', 3_600_000], ['1d', 86_400_000], ['2w', 1_209_600_000]])('%s', (text, ms) => {
  expect(parseInterval(text)).toBe(ms);
});
test.each(['5', 'm', '0m', '5 m', '-1m', '5M', '1.5h', '1234567s', ''])('"%s" is none', (text) => {
  expect(parseInterval(text)).toBeNull();
});
