/** /online against a cache that is full, empty, old, away or written to by somebody else. */
import { describe, expect, it } from 'vitest';
import { frameKey, latestKey, onlineKey } from '../cache/cache.ts';
import { frameRows } from '../cache/frameRows.ts';
import { createMemoryCache } from '../cache/memory.ts';
import { EXPIRE_MS } from '../cache/online.ts';
import { RetryError } from '../runtime/errors.ts';
import { onlineInfo } from '../sdk/api.ts';
import type { LatestPrice } from '../streams/messages/latest.ts';
import { turnsDuring } from '../tests/support/turns.ts';
import { BTC, ETH, FRAME, UNIVERSE } from './fakeData.ts';
import { createOnlineReader, type OnlineReaderOptions } from './onlineReader.ts';

const NAMES = ['mp_dev_bps', 'spread_bps'];
const price = (mid: number): LatestPrice => ({ v: 1, ts: 1, mid, bid: null, ask: null, bidSize: null, askSize: null, last: null });
const rowOf = (instrument: string) => frameRows(FRAME, NAMES).find((entry) => entry.instrument === instrument)!.row;
const BTC_FRAME = { ts: 3_000_000, schema: 'abc', mid: 100.5, flags: [], features: { mp_dev_bps: 1, spread_bps: null } };

function world(over: Partial<OnlineReaderOptions> = {}) {
  const told: string[] = [];
  let nowMs = 0;
  const cache = createMemoryCache(1_000, () => nowMs);
  const read = createOnlineReader({
    cache, kind: 'redis', isWritten: () => true, latest: () => ({ price: price(7), prediction: null, score: null }), latestFrame: async () => FRAME, featureNames: () => NAMES,
    onAnswer: (from) => void told.push(from), onAway: (error) => void told.push(error.message), onUnreadable: () => void told.push('unreadable'), ...over,
  });
  const fill = (entries: Readonly<Record<string, string>>) => cache.set(Object.entries(entries).map(([key, value]) => ({ key, value })), EXPIRE_MS);
  return {
    told, fill, pass: (ms: number) => void (nowMs += ms),
    ask: async (...instruments: string[]) => onlineInfo.parse(await read(UNIVERSE, instruments.length === 0 ? [BTC, ETH] : instruments)),
  };
}
const FULL = {
  [onlineKey('main')]: '{"v":1,"round":1,"at":55}', [latestKey('main', 'price', BTC)]: JSON.stringify(price(1)), [frameKey('main', BTC)]: JSON.stringify(rowOf(BTC)),
};

describe('the newest of each instrument', () => {
  it('is what the cache holds, null for what it doesn\'t', async () => {
    const { ask, fill, told } = world();
    await fill(FULL);
    expect(await ask()).toEqual({
      universe: 'main', from: 'redis', writtenAt: 55, detail: '',
      instruments: [{ instrument: BTC, price: price(1), prediction: null, score: null, frame: BTC_FRAME }, { instrument: ETH, price: null, prediction: null, score: null, frame: null }],
    });
    expect((await ask(ETH)).instruments.map(({ instrument }) => instrument)).toEqual([ETH]);
    expect(told).toEqual(['redis', 'redis']);
  });

  it('is each one\'s own where they are many, and others get their turn meanwhile', async () => {
    const { ask, fill } = world();
    const many = Array.from({ length: 500 }, (_, i) => `binance-spot.S${i}`);
    await fill({ [onlineKey('main')]: FULL[onlineKey('main')]!, ...Object.fromEntries(many.map((instrument, i) => [latestKey('main', 'price', instrument), JSON.stringify(price(i + 1))])) });
    let answer: Awaited<ReturnType<typeof ask>> | undefined;
    expect(await turnsDuring(async () => (answer = await ask(...many)))).toBeGreaterThanOrEqual(9);
    expect(answer!.instruments.map(({ instrument, price: held }) => [instrument, held?.mid])).toEqual(many.map((instrument, i) => [instrument, i + 1]));
  });

  it('is null and says so when its writer has been silent until it expired', async () => {
    const { ask, fill, pass } = world({ isWritten: () => false });
    await fill(FULL);
    pass(EXPIRE_MS - 1);
    expect((await ask(BTC)).instruments[0]).toMatchObject({ price: price(1) });
    pass(1);
    expect(await ask(BTC)).toEqual({
      universe: 'main', from: 'redis', writtenAt: null, detail: expect.stringMatching(/nothing was written for 120 s .*foretick status/) as string,
      instruments: [{ instrument: BTC, price: null, prediction: null, score: null, frame: null }],
    });
  });

  it('comes from the streams while the cache is away, or empty and about to be filled', async () => {
    const own = { from: 'streams', writtenAt: null, instruments: [{ instrument: BTC, price: price(7), prediction: null, score: null, frame: BTC_FRAME }] };
    const away = world({ cache: { ...createMemoryCache(1, () => 0), get: () => Promise.reject(new RetryError('Redis is gone')) } });
    expect(await away.ask(BTC)).toMatchObject({ ...own, detail: 'Redis is gone; this is what the gateway reads itself' });
    expect(away.told).toEqual(['Redis is gone', 'streams']);
    expect(await world().ask(BTC)).toMatchObject({ ...own, detail: expect.stringContaining('being filled') as string });
  });

  it('lacks features while NATS is away too, and everything when nobody has written for long', async () => {
    const cache = { ...createMemoryCache(1, () => 0), get: () => Promise.reject(new RetryError('Redis is gone')) };
    const noFrame = world({ cache, latestFrame: () => Promise.reject(new RetryError('NATS is gone')) });
    expect(await noFrame.ask(BTC)).toMatchObject({ detail: 'Redis is gone; this is what the gateway reads itself, without features: NATS is gone', instruments: [{ price: price(7), frame: null }] });
    expect(await world({ cache, isWritten: () => false }).ask(BTC)).toMatchObject({ detail: expect.stringMatching(/^Redis is gone; and latest is silent/) as string, instruments: [{ price: null, frame: null }] });
    expect(await world({ latestFrame: async () => null }).ask(BTC)).toMatchObject({ instruments: [{ price: price(7), frame: null }] });
  });

  it('passes over what it can\'t read, and counts it', async () => {
    const { ask, fill, told } = world();
    await fill({ ...FULL, [latestKey('main', 'price', BTC)]: '{"v":2}', [latestKey('main', 'score', BTC)]: 'x', [onlineKey('main')]: '{"v":1,"at":1}' });
    expect(await ask(BTC)).toMatchObject({ from: 'redis', instruments: [{ price: null, score: null, frame: BTC_FRAME }] });
    expect(told).toEqual(['unreadable', 'unreadable', 'redis']);
  });

  it('of errors of our own nothing is made up', async () => {
    await expect(world({ cache: { ...createMemoryCache(1, () => 0), get: () => Promise.reject(new TypeError('a bug')) } }).ask()).rejects.toThrow('a bug');
  });
});
