import { expect, it } from 'vitest';
import { behind } from './behind.ts';

const services: { cursors: Record<string, number> }[] = [{ cursors: { TICKS: 120 } }, { cursors: { TICKS: 100, FEATURES: 7 } }, { cursors: { FEATURES: 9 } }, { cursors: {} }];

it('counts to whoever has come furthest in that stream', () => {
  expect(behind(services, 'TICKS', 100)).toBe(20);
  expect(behind(services, 'TICKS', 120)).toBe(0);
  expect(behind(services, 'FEATURES', 7)).toBe(2);
  expect(behind(services, 'ELSEWHERE', 3)).toBe(0);
  expect(behind([], 'TICKS', 3)).toBe(0);
});
