import { expect, test } from 'vitest';
import type { Config, SourceConfig } from '../runtime/config.ts';
import { universesOf } from './universes.ts';

const titleOf = (source: SourceConfig): [string, string] => {
  const [universe] = universesOf({ feed: { name: 'f', source }, universes: [{ name: 'u', instruments: ['x.A'], stepMs: 1_000, horizonsMs: [1_000], leaders: [] }] } as unknown as Config);
  return [universe!.market, universe!.title];
};

test('every market says in words what it is', () => {
  expect(titleOf({ kind: 'binance', market: 'usdm', streamUrl: 'wss://x.example', symbols: ['BTCUSDT'] })).toEqual(['live', 'Binance USD-M futures, live public data']);
  const place = { kind: 'binance' as const, streamUrl: 'wss://x.example', symbols: ['BTCUSDT'] };
  expect(titleOf({ kind: 'merged', venues: [{ ...place, market: 'spot' }, { ...place, market: 'usdm' }] })).toEqual(['live', 'Binance spot and USD-M futures, live public data']);
  expect(titleOf({ kind: 'simulator', seed: 7, symbols: 4, minutes: null, predictable: true })).toEqual(['simulated', 'Simulated market, seed 7, a planted signal; no real prices']);
  expect(titleOf({ kind: 'simulator', seed: 7, symbols: 4, minutes: null, predictable: false })[1]).toContain('random walk');
});

test('a recording is named by its folder, not by its place on the disk', () => {
  expect(titleOf({ kind: 'recording', paths: ['/home/somebody/data/binance-usdm/'] })).toEqual(['recording', 'Recording: binance-usdm']);
  expect(titleOf({ kind: 'recording', paths: ['C:\\data\\a.gz', 'b.gz'] })[1]).toBe('Recording: a.gz and 1 more');
});
