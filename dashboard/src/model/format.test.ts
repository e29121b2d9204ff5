import { describe, expect, it } from 'vitest';
import { decimalsOf, formatAge, formatBps, formatDateTime, formatHorizon, formatPrice, formatShare, formatSize, formatSkill, formatTime, shortModel, spreadBps } from './format.ts';

describe('numbers', () => {
  it('groups digits and keeps the asked decimals', () => {
    expect(formatPrice(64_210.1, 2)).toBe('64,210.10');
    expect(formatPrice(0.5, 0)).toBe('1');
  });
  it('signs returns with a real minus, and zero not at all', () => {
    expect([0.42, -0.42, 0, -0.004, 0.004].map((bps) => formatBps(bps))).toEqual(['+0.42', '\u22120.42', '0.00', '0.00', '0.00']);
  });
  it('writes shares and skills in per cent', () => {
    expect(formatShare(0.613)).toBe('61 %');
    expect(formatSkill(-0.0123)).toBe('\u22121.2 %');
  });
  it('says that it does not know', () => {
    expect([formatPrice(null, 2), formatBps(undefined), formatShare(Number.NaN), formatSkill(null), formatTime(undefined), formatSize(null), formatAge(null)]).toEqual(Array(7).fill('–'));
  });
  it('keeps three digits of a size', () => {
    expect([0.01234, 36.72, 12_345.6].map(formatSize)).toEqual(['0.0123', '36.7', '12,346']);
  });
  it.each([[100, 0], [64_210.1, 1], [0.00001234, 8], [1e-7, 7], [null, 0]])('counts the decimals of %s', (price, decimals) => {
    expect(decimalsOf(price)).toBe(decimals);
  });
  it('measures the spread against the mid', () => {
    expect(spreadBps(99.5, 100.5)).toBeCloseTo(100, 10);
    expect(spreadBps(null, 100)).toBeNull();
    expect(spreadBps(0, 0)).toBeNull();
  });
});

describe('times and names', () => {
  it('shows UTC', () => {
    const ts = Date.UTC(2026, 10, 24, 14, 32, 7) * 1_000 + 999_999;
    expect(formatTime(ts)).toBe('14:32:07');
    expect(formatDateTime(ts)).toBe('2026-11-24 14:32:07');
  });
  it.each([[500, '500 ms'], [1_000, '1 s'], [1_500, '1.5 s'], [60_000, '1 min'], [90_000, '90 s'], [7_200_000, '2 h']])('names %i ms', (ms, text) => {
    expect(formatHorizon(ms)).toBe(text);
  });
  it.each([[0.4, '0 s'], [89, '89 s'], [150, '3 min'], [7_300, '2 h'], [260_000, '3 days']])('says how long %s s are', (seconds, text) => {
    expect(formatAge(seconds)).toBe(text);
  });
  it('shortens a model\'s sum, and nothing else', () => {
    expect(shortModel('microprice-1a2b3c4d5e6f')).toBe('microprice-1a2b3c');
    expect(shortModel('my-own-model')).toBe('my-own-model');
  });
});
