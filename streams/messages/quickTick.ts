/**
 * Trades, quotes and clocks by hand, because every tick is parsed by every reader of a feed: accepts and gives exactly what the schemas in
 * tick.ts and control.ts do (held to them by a property test), an eighth of the time. Anything unusual gives null: the schema decides, and words the refusal.
 */
import type { Clock } from './control.ts';
import { MAX_PRICE, MAX_SIZE, type Quote, type Trade } from './tick.ts';

type Fields<T> = { readonly [K in keyof T]?: unknown };

const isTime = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;
const isPrice = (value: unknown): value is number => typeof value === 'number' && value > 0 && value <= MAX_PRICE;
const isSize = (value: unknown): value is number => typeof value === 'number' && value >= 0 && value <= MAX_SIZE;
const isObject = (value: unknown): value is object => typeof value === 'object' && value !== null && !Array.isArray(value);

export function quickTick(value: unknown, instrument: string): Trade | Quote | null {
  if (!isObject(value)) return null;
  const { v, type, tsEvent, tsInit } = value as Fields<Trade & Quote>;
  if (v !== 1 || !isTime(tsEvent) || !isTime(tsInit)) return null;
  if (type === 'quote') {
    const { bid, bidSize, ask, askSize } = value as Fields<Quote>;
    if (!isPrice(bid) || !isSize(bidSize) || !isPrice(ask) || !isSize(askSize)) return null;
    return { v, type, bid, bidSize, ask, askSize, tsEvent, tsInit, instrument };
  }
  const { price, size, side, id } = value as Fields<Trade>;
  if (type !== 'trade' || !isPrice(price) || !isSize(size) || size === 0 || (side !== 'buy' && side !== 'sell') || typeof id !== 'string' || id.length > 64) return null;
  return { v, type, price, size, side, id, tsEvent, tsInit, instrument };
}

export function quickClock(value: unknown): Clock | null {
  if (!isObject(value)) return null;
  const { v, type, tsInit } = value as Fields<Clock>;
  return v === 1 && type === 'clock' && isTime(tsInit) ? { v, type, tsInit } : null;
}
