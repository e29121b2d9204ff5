import { describe, expect, test } from 'vitest';
import { barColumns, tickColumns } from './columns.ts';
import { toBar, toTick } from './rows.ts';

const T = 1_709_294_400_000_000;

describe('which column is which', () => {
  test.each([
    ['date,open,high,low,close,volume', ['date', 'open', 'high', 'low', 'close', 'volume', null, null]],
    ['t,o,h,l,c,v', ['t', 'o', 'h', 'l', 'c', 'v', null, null]],
    ['Open time,Open,High,Low,Close,Volume,Close time,Quote asset volume,Number of trades', ['Open time', 'Open', 'High', 'Low', 'Close', 'Volume', 'Number of trades', null]],
    ['open_time,open,high,low,close,volume,close_time,quote_volume,count', ['open_time', 'open', 'high', 'low', 'close', 'volume', 'count', null]],
    ['Date,Time,Open,High,Low,Close,Vol', ['Date', 'Open', 'High', 'Low', 'Close', 'Vol', null, 'Time']],
  ])('bars: %s', (header, [time, open, high, low, close, volume, trades, timeOfDay]) => {
    expect(barColumns(header.split(','))).toEqual({ time, open, high, low, close, volume, trades, timeOfDay });
  });

  test('what bars lack is named', () => {
    expect(() => barColumns(['date', 'open', 'close'])).toThrow('bars need a column for high, low, volume; the file has date, open, close');
  });

  test.each([
    ['timestamp,price,qty,is_buyer_maker,trade_id', { time: 'timestamp', price: 'price', size: 'qty', buyerIsMaker: 'is_buyer_maker', id: 'trade_id' }],
    ['exchange,symbol,timestamp,local_timestamp,id,side,price,amount', { time: 'timestamp', receiveTime: 'local_timestamp', price: 'price', size: 'amount', side: 'side', id: 'id' }],
    ['timestamp,ask_amount,ask_price,bid_price,bid_amount', { ask: 'ask_price', askSize: 'ask_amount', bid: 'bid_price', bidSize: 'bid_amount' }],
    ['update_id,best_bid_price,best_bid_qty,best_ask_price,best_ask_qty,transaction_time,event_time', { time: 'transaction_time', bid: 'best_bid_price', askSize: 'best_ask_qty' }],
    ['agg_trade_id,price,quantity,first_trade_id,last_trade_id,transact_time,is_buyer_maker', { time: 'transact_time', price: 'price', size: 'quantity', id: 'agg_trade_id' }],
  ])('ticks: %s', (header, expected) => {
    expect(tickColumns(header.split(','))).toMatchObject(expected);
  });

  test.each([['timestamp,price', 'size'], ['price,qty', 'time'], ['time,bid,ask', 'bidSize, askSize']])('ticks lack something: %s', (header, missing) => {
    expect(() => tickColumns(header.split(','))).toThrow(`need a column for ${missing};`);
  });
});

describe('bars', () => {
  const columns = barColumns(['date', 'open', 'high', 'low', 'close', 'volume', 'count']);
  const good = { date: '2024-03-01 12:00', open: '100', high: 102.5, low: '99.5', close: ' 101 ', volume: '1e-3', count: 7n };
  const bar = (change: object = {}) => toBar({ ...good, ...change }, columns, 'v.A', 60_000);

  test('texts and numbers of any kind', () => {
    expect(bar()).toEqual({ instrument: 'v.A', intervalMs: 60_000, ts: T, open: 100, high: 102.5, low: 99.5, close: 101, volume: 0.001, trades: 7 });
  });

  test('trades may be left out', () => {
    expect(bar({ count: undefined })).toMatchObject({ trades: 0 });
  });

  test.each([
    [{ date: 'x' }, 'date: x is not a time'], [{ date: null }, 'date: missing'], [{ open: '' }, 'open: missing'], [{ close: 'n/a' }, 'close: n/a is not a number'], [{ close: '1,5' }, 'close: 1,5 is not a number'],
    [{ close: Number.NaN }, 'close: NaN is not a number'], [{ high: Number.POSITIVE_INFINITY }, 'high: Infinity is not a number'], [{ low: 0 }, 'low 0: prices are above zero'],
    [{ high: 100.5 }, 'open 100, high 100.5, low 99.5, close 101: high is not the highest, or low not the lowest'], [{ volume: -1 }, 'volume -1, trades 7: not below zero, trades a whole number'],
    [{ count: 1.5 }, 'volume 0.001, trades 1.5: not below zero, trades a whole number'],
  ])('%o is refused: %s', (change, problem) => {
    expect(bar(change)).toEqual({ problem });
  });
});

describe('ticks', () => {
  const columns = tickColumns(['timestamp', 'local_timestamp', 'price', 'qty', 'side', 'is_buyer_maker', 'id', 'bid', 'bid_size', 'ask', 'ask_size']);
  const stamps = { timestamp: '2024-03-01 12:00', local_timestamp: T + 5 };
  const tick = (cells: object) => toTick({ ...stamps, ...cells }, columns, 'v.A');

  test('a trade, with the side as told', () => {
    const trade = { v: 1, type: 'trade', price: 100, size: 2, tsEvent: T, tsInit: T + 5, instrument: 'v.A' };
    expect(tick({ price: '100', qty: 2, side: 'SELL', id: 12n })).toEqual({ ...trade, side: 'sell', id: '12' });
    expect(tick({ price: 100, qty: 2, is_buyer_maker: 'false' })).toEqual({ ...trade, side: 'buy' });
    expect(tick({ price: 100, qty: 2, is_buyer_maker: true })).toEqual({ ...trade, side: 'sell' });
    expect(tick({ price: 100, qty: 2, side: 'unknown' })).toEqual(trade);
  });

  test('a quote; without a receive time the venue time stands in', () => {
    expect(tick({ bid: 1, bid_size: 2, ask: 3, ask_size: 0, local_timestamp: '' })).toEqual({ v: 1, type: 'quote', bid: 1, bidSize: 2, ask: 3, askSize: 0, tsEvent: T, tsInit: T, instrument: 'v.A' });
  });

  test.each([
    [{ price: -1, qty: 1 }, 'price: -1 is not what a trade needs there'], [{ price: 1, qty: 0 }, 'qty: 0 is not what a trade needs there'], [{ price: 'x', qty: 1 }, 'price: x is not what a trade needs there'],
    [{ bid: 1, bid_size: 1, ask: '', ask_size: 1 }, 'ask: undefined is not what a quote needs there'], [{ timestamp: 'never', price: 1, qty: 1 }, 'timestamp: never is not a time'],
    [{ local_timestamp: 'never', price: 1, qty: 1 }, 'local_timestamp: never is not a time'],
  ])('%o is refused: %s', (cells, problem) => {
    expect(tick(cells)).toEqual({ problem });
  });
});
