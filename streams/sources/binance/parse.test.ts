import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { encodeFeedMessage, parseFeedMessage } from '../../messages/feed.ts';
import { type BinanceVenue, createBinanceParser, MAX_FRAME_CHARS } from './parse.ts';

const NOW = 1_721_347_021_080_838;
const trade = (change: object = {}): string => JSON.stringify({
  stream: 'ethusdt@trade',
  data: { e: 'trade', E: 1721347202808, T: 1721347202808, s: 'ETHUSDT', t: 4217898224, p: '3424.99', q: '0.022', X: 'MARKET', m: false, ...change },
});
const quote = (change: object = {}): string => JSON.stringify({
  stream: 'ethusdt@bookTicker', data: { e: 'bookTicker', u: 4984035700533, s: 'ETHUSDT', b: '3424.98', B: '77.165', a: '3424.99', A: '0', T: 1721347202808, ...change },
});

describe('what a frame means', () => {
  test('a USD-M trade', () => {
    expect(createBinanceParser('binance-usdm').parse(trade(), NOW)).toEqual({
      v: 1, type: 'trade', price: 3424.99, size: 0.022, side: 'buy', id: '4217898224', tsEvent: 1_721_347_202_808_000, tsInit: NOW, instrument: 'binance-usdm.ETHUSDT',
    });
  });

  test('a buyer who is the maker was hit by a seller', () => {
    expect(createBinanceParser('binance-usdm').parse(trade({ m: true }), NOW)).toMatchObject({ side: 'sell' });
  });

  test('a USD-M quote keeps the venue time, a side of size 0 is allowed', () => {
    expect(createBinanceParser('binance-usdm').parse(quote(), NOW)).toEqual({
      v: 1, type: 'quote', bid: 3424.98, bidSize: 77.165, ask: 3424.99, askSize: 0, tsEvent: 1_721_347_202_808_000, tsInit: NOW, instrument: 'binance-usdm.ETHUSDT',
    });
  });

  test('a spot quote has no venue time: the receive time stands in; bare data is read like a combined frame', () => {
    const data = { u: 35346513501, s: 'ETHUSDT', b: '2683.80000000', B: '3.02920000', a: '2683.81000000', A: '31.43950000' };
    const expected = { type: 'quote', bid: 2683.8, askSize: 31.4395, tsEvent: NOW, tsInit: NOW, instrument: 'binance-spot.ETHUSDT' };
    expect(createBinanceParser('binance-spot').parse(JSON.stringify({ stream: 'ethusdt@bookTicker', data }), NOW)).toMatchObject(expected);
    expect(createBinanceParser('binance-spot').parse(JSON.stringify(data), NOW)).toMatchObject(expected);
  });

  test.each([
    '{"stream":"ethusdt@depth@0ms","data":{"e":"depthUpdate","s":"ETHUSDT","u":1,"b":[],"a":[]}}',
    '{"e":"depthUpdate","s":"ETHUSDT","U":1,"u":1,"b":[],"a":[]}',
    '{"lastUpdateId":35346513512,"bids":[["2683.80000000","3.02920000"]],"asks":[]}',
    '{"result":null,"id":1}',
    '{"error":{"code":2,"msg":"Invalid request"},"id":1}',
  ])('not a tick: %s', (text) => {
    expect(createBinanceParser('binance-spot').parse(text, NOW)).toBeNull();
  });
});

describe('what is dropped', () => {
  test('trades that no market order made, also at price 0', () => {
    const parser = createBinanceParser('binance-usdm');
    expect(parser.parse(trade({ X: 'INSURANCE_FUND' }), NOW)).toEqual({ dropped: 'notMarket' });
    expect(parser.parse(trade({ X: 'NA', p: '0', q: '0' }), NOW)).toEqual({ dropped: 'notMarket' });
  });

  test('ids at or below the last of that symbol; another symbol and the other kind have their own', () => {
    const parser = createBinanceParser('binance-usdm');
    const outcomes = [trade({ t: 7 }), trade({ t: 7 }), trade({ t: 6 }), trade({ t: 7, s: 'BTCUSDT' }), quote({ u: 7 }), quote({ u: 7 }), trade({ t: 8 })]
      .map((text) => parser.parse(text, NOW)).map((parsed) => (parsed && 'dropped' in parsed ? parsed.dropped : parsed?.type));
    expect(outcomes).toEqual(['trade', 'duplicate', 'duplicate', 'trade', 'quote', 'duplicate', 'trade']);
  });

  test.each([
    [trade({ p: '0.00' })], [trade({ p: '-1' })], [trade({ p: 'NaN' })], [trade({ p: '1e400' })], [trade({ p: '0x10' })], [trade({ p: '' })], [trade({ p: 3424.99 })],
    [trade({ q: '0' })], [trade({ T: 1.5 })], [trade({ T: 9e15 })], [trade({ T: undefined })], [trade({ t: 2 ** 53 })], [trade({ t: '1' })], [trade({ m: 1 })],
    [trade({ s: 'ETH.USDT' })], [trade({ s: '' })], [trade({ s: 'A'.repeat(33) })], [quote({ b: '0.00000000' })], [quote({ A: '-0.1' })], [quote({ u: -1 })],
    ['{"stream":"ethusdt@trade","data":[]}'], ['{"stream":"ethusdt@trade","data":{"e":"aggTrade"}}'], ['{"stream":"ethusdt@trade"}'],
    ['{"stream":"ethusdt@trade","da'], ['[]'], ['null'], [''], ['['.repeat(100_000)],
  ])('malformed: %.80s', (text) => {
    const parser = createBinanceParser('binance-usdm');
    expect(parser.parse(text, NOW)).toEqual({ dropped: 'malformed' });
    expect(parser.parse(trade({ t: 0 }), NOW)).toMatchObject({ type: 'trade' });
  });

  test('a frame beyond the size limit is not parsed', () => {
    expect(createBinanceParser('binance-usdm').parse(trade() + ' '.repeat(MAX_FRAME_CHARS), NOW)).toEqual({ dropped: 'tooLarge' });
  });

  test('symbols that nobody asked for', () => {
    const parser = createBinanceParser('binance-usdm', ['BTCUSDT']);
    expect(parser.parse(trade(), NOW)).toEqual({ dropped: 'unknownSymbol' });
    expect(parser.parse(trade({ s: 'BTCUSDT' }), NOW)).toMatchObject({ instrument: 'binance-usdm.BTCUSDT' });
  });
});

describe('the recordings', () => {
  const data = fileURLToPath(new URL('../../../../shared/data/', import.meta.url));
  const absent = !existsSync(data) && !process.env['CI'];
  if (absent) console.log('skipped: the recordings of ../shared/data are not here');

  test.skipIf(absent).each<[BinanceVenue, number, number]>([['binance-usdm', 24_356, 99_588], ['binance-spot', 15_863, 52_117]])(
    '%s: %i trades and %i quotes, nothing dropped, each the contract accepts',
    (venue, trades, quotes) => {
      const parser = createBinanceParser(venue);
      const counts: Record<string, number> = {};
      for (const file of readdirSync(data + venue).filter((name) => name.endsWith('.gz')).sort()) {
        for (const line of gunzipSync(readFileSync(`${data}${venue}/${file}`)).toString('utf8').trimEnd().split('\n')) {
          const parsed = parser.parse(line.slice(20), Number(line.slice(0, 16)));
          const outcome = parsed === null ? 'other' : 'dropped' in parsed ? parsed.dropped : parsed.type;
          counts[outcome] = (counts[outcome] ?? 0) + 1;
          if (parsed && !('dropped' in parsed) && counts[outcome]! % 100 === 0) {
            const { subject, body } = encodeFeedMessage('feed', parsed);
            expect(parseFeedMessage(subject, body)).toEqual(parsed);
          }
        }
      }
      const { other, ...ticks } = counts;
      expect(ticks).toEqual({ trade: trades, quote: quotes });
      expect(other).toBeGreaterThan(0);
    },
  );
});
