import { describe, expect, it } from 'vitest';
import { RefusedError } from '../../runtime/errors.ts';
import { openSource } from './open.ts';
import { parseSourceOption } from './option.ts';

describe('parseSourceOption', () => {
  it.each([
    ['binance', { kind: 'binance', market: 'usdm', streamUrl: 'wss://fstream.binance.com/public/stream', symbols: ['BTCUSDT', 'ETHUSDT'] }],
    ['binance:spot', { kind: 'binance', market: 'spot', streamUrl: 'wss://stream.binance.com:9443/stream', symbols: ['BTCUSDT', 'ETHUSDT'] }],
    ['binance:spot:solusdt,BTCUSDT,SOLUSDT', { kind: 'binance', market: 'spot', streamUrl: 'wss://stream.binance.com:9443/stream', symbols: ['SOLUSDT', 'BTCUSDT'] }],
    ['binance:usdm:ETHUSDT+binance:spot:BTCUSDT', { kind: 'merged', venues: [
      { kind: 'binance', market: 'spot', streamUrl: 'wss://stream.binance.com:9443/stream', symbols: ['BTCUSDT'] },
      { kind: 'binance', market: 'usdm', streamUrl: 'wss://fstream.binance.com/public/stream', symbols: ['ETHUSDT'] },
    ] }],
    ['binance:spot:BTCUSDT+binance:spot:ETHUSDT,BTCUSDT', { kind: 'binance', market: 'spot', streamUrl: 'wss://stream.binance.com:9443/stream', symbols: ['BTCUSDT', 'ETHUSDT'] }],
    ['simulator', { kind: 'simulator', seed: 1, symbols: 4, minutes: null, predictable: true }],
    ['simulator:42', { kind: 'simulator', seed: 42, symbols: 4, minutes: null, predictable: true }],
    ['simulator:7,minutes=1.5,symbols=9,walk', { kind: 'simulator', seed: 7, symbols: 9, minutes: 1.5, predictable: false }],
    ['simulator:walk', { kind: 'simulator', seed: 1, symbols: 4, minutes: null, predictable: false }],
    ['recording:a/b.gz,c d', { kind: 'recording', paths: ['a/b.gz', 'c d'] }],
    ['recording:a,b+recording:c', { kind: 'recording', paths: ['a', 'b', 'c'] }],
    ['recording:a+b', { kind: 'recording', paths: ['a+b'] }],
    ['recording:C:/x', { kind: 'recording', paths: ['C:/x'] }],
  ])('%s', (text, config) => {
    expect(parseSourceOption(text)).toEqual(config);
  });

  it.each([
    ['', 'none of binance, simulator, recording'],
    ['kraken', "'kraken' is none of"],
    ['binance:futures', "'futures' is none of spot, usdm"],
    ['binance:spot:', 'no list of symbols'],
    ['binance:spot:BTC USDT', 'no list of symbols'],
    ['binance:spot:BTCUSDT:x', "'x' after the symbols"],
    ['simulator:', 'none of SEED'],
    ['simulator:-1', 'none of SEED'],
    ['simulator:1,2', 'seed twice'],
    ['simulator:speed=3', 'none of SEED'],
    ['simulator:symbols=0', 'symbols'],
    ['simulator:symbols=501', 'symbols'],
    ['simulator:symbols=1.5', 'symbols'],
    ['simulator:minutes=0', 'minutes'],
    ['simulator:minutes=soon', 'minutes=soon is no number'],
    ['simulator:9007199254740993', 'seed'],
    ['recording:a+simulator:1', 'only recordings, or only live'],
    ['binance:spot:BTCUSDT+recording:a', 'or only live venues, are merged'],
    ['simulator:1+simulator:2', 'or only live venues, are merged'],
    ['recording', 'names no file'],
    ['recording:,', 'names no file'],
    ['x'.repeat(100_001), 'at most'],
  ])('refuses %s', (text, why) => {
    try {
      parseSourceOption(text);
    } catch (error) {
      expect(error).toBeInstanceOf(RefusedError);
      expect((error as RefusedError).message).toContain(why);
      expect((error as RefusedError).hint).toContain('--source simulator:7');
      return;
    }
    expect.unreachable('accepted');
  });
});

describe('openSource', () => {
  it('opens a simulation with its span, and an endless or live one without', async () => {
    const bounded = await openSource(parseSourceOption('simulator:3,minutes=2'));
    expect(bounded).toMatchObject({ kind: 'simulated', span: { fromTs: Date.UTC(2026, 0, 5) * 1_000, toTs: Date.UTC(2026, 0, 5, 0, 2) * 1_000 } });
    expect((await openSource(parseSourceOption('simulator:3'))).span).toBeNull();
    expect(await openSource(parseSourceOption('binance:spot:BTCUSDT+binance:usdm:BTCUSDT'))).toMatchObject({ kind: 'live', span: null, title: 'Live from Binance spot: BTCUSDT; USD-M futures: BTCUSDT', instruments: ['binance-spot.BTCUSDT', 'binance-usdm.BTCUSDT'] });
    expect(await openSource(parseSourceOption('binance:spot'))).toMatchObject({ kind: 'live', span: null, instruments: ['binance-spot.BTCUSDT', 'binance-spot.ETHUSDT'] });
  });

  it('refuses a recording that is not there, in plain words', async () => {
    await expect(openSource(parseSourceOption('recording:no/such/folder'))).rejects.toThrow('no/such/folder: cannot be read');
  });
});
