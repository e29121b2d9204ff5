/**
 * The venue's WebSocket through a real toxiproxy: delayed, sliced, throttled, reset, cut. Each tick that comes out is one
 * the venue sent, in its order and once; what was lost on the way lies between a `disconnected` and its `gap`.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { expect, it } from 'vitest';
import { wallClock } from '../../runtime/clock.ts';
import type { FeedMessage } from '../../streams/messages/feed.ts';
import type { Quote, Trade } from '../../streams/messages/tick.ts';
import { startFakeVenue } from '../../streams/sources/binance/fakeVenue.ts';
import { LIVE_LIMITS, openBinance } from '../../streams/sources/binance/live.ts';
import { createBinanceParser } from '../../streams/sources/binance/parse.ts';
import { recording } from '../support/recordings.ts';
import { sleep, until } from '../support/pipeline.ts';
import { startToxiproxy, type Toxic, toxiproxyPath } from '../support/toxiproxy.ts';

const path = recording('binance-usdm');
const SLOW: readonly Toxic[] = [
  { type: 'latency', attributes: { latency: 50, jitter: 40 } },
  { type: 'slicer', attributes: { average_size: 60, size_variation: 50, delay: 200 } },
  { type: 'bandwidth', attributes: { rate: 200 } },
];
const CUTTING: readonly Toxic[] = [{ type: 'reset_peer', attributes: { timeout: 50 } }, { type: 'timeout', attributes: { timeout: 200 } }];
const BLOCKS = 200;
const BLOCK_FRAMES = 15;
const END = 'the script has ended';

const isTick = (message: FeedMessage): message is Trade | Quote => message.type === 'trade' || message.type === 'quote';
const keyOf = ({ tsInit: _, ...tick }: Trade | Quote): string => JSON.stringify(tick);

it.skipIf(path === null || toxiproxyPath() === null)('a bad network between the venue and us: no wrong tick, and a gap for each loss', async () => {
  const frames = gunzipSync(readFileSync(join(path!, 'btcusdt_20240719.gz'))).toString('utf8').split('\n').slice(0, BLOCKS * BLOCK_FRAMES).map((line) => line.slice(20));
  const parser = createBinanceParser('binance-usdm');
  const sent = frames.map((text) => parser.parse(text, 0)).filter((parsed): parsed is Trade | Quote => parsed !== null && !('dropped' in parsed)).map(keyOf);
  const script = Array.from({ length: BLOCKS }, () => [{ do: 'send', count: BLOCK_FRAMES }, { do: 'wait', ms: 20 }] as const).flat();
  const venue = await startFakeVenue(frames, [...script, { do: 'close', reason: END }]);
  const proxy = await startToxiproxy(3);
  const stop = new AbortController();
  const got: FeedMessage[] = [];
  const ended = (): boolean => got.some((message) => message.type === 'status' && message.status.kind === 'disconnected' && message.status.detail?.includes(END) === true);
  try {
    const link = await proxy.link('venue', Number(new URL(venue.url).port));
    const source = openBinance([{ market: 'usdm', streamUrl: `ws://127.0.0.1:${link.port}/stream`, symbols: ['BTCUSDT'] }], wallClock, () => 0.5, { ...LIVE_LIMITS, firstMs: 5, maxMs: 20 });
    const reading = (async () => {
      for await (const chunk of source.messages(stop.signal)) got.push(...chunk);
    })();
    for (const toxic of [...SLOW, ...CUTTING]) {
      await sleep(150);
      await link.poison(toxic, ['downstream']);
      await sleep(350);
      await link.cure();
    }
    await until('the script to end', ended);
    stop.abort();
    await reading;
  } finally {
    stop.abort();
    await proxy.stop();
    await venue.close();
  }
  expectOnlyToldLosses(got, sent, ended);
}, 60_000);

/** Walks both lists: a jump in what was sent needs a disconnection in what came. */
function expectOnlyToldLosses(got: readonly FeedMessage[], sent: readonly string[], ended: () => boolean): void {
  expect(ended()).toBe(true);
  let next = 0;
  let disconnected = false;
  let losses = 0;
  for (const message of got) {
    if (message.type === 'status' && message.status.kind === 'disconnected') disconnected = true;
    if (!isTick(message)) continue;
    const at = sent.indexOf(keyOf(message), next);
    expect(at, 'a tick that the venue did not send, or not in this order').toBeGreaterThanOrEqual(next);
    if (at > next) {
      losses += 1;
      expect(disconnected, `${at - next} ticks were lost and nothing was said`).toBe(true);
    }
    next = at + 1;
    disconnected = false;
  }
  const kinds = got.flatMap((message) => (message.type === 'status' ? [message.status.kind] : []));
  expect(kinds.filter((kind) => kind === 'gap').length).toBe(kinds.filter((kind) => kind === 'connected').length);
  expect(losses).toBeGreaterThan(0);
}
