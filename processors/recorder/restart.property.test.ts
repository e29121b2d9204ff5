/** Killed at any points and started again from its cursors, the recorder leaves the same tables as one that never stopped. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { FeedMessage } from '../../streams/messages/feed.ts';
import { encodeFeedMessage } from '../../streams/messages/feed.ts';
import { ticksStream } from '../../streams/streams.ts';
import { createBars } from '../../quant/bars.ts';
import { gather } from '../../store/history.conformance.ts';
import type { HistoryStore } from '../../store/history.ts';
import { openStore } from '../../store/open.ts';
import { createTicksCollector, resumeBars, settledSeq } from './collect.ts';

const T0 = 1_721_347_200_000_000;
const instrument = fc.constantFrom('v.A', 'v.B');
const price = fc.integer({ min: 1, max: 1_000 }).map((n) => n / 8);
const item = fc.tuple(
  fc.oneof({ weight: 6, arbitrary: fc.integer({ min: -1_500, max: 4_000 }) }, { weight: 1, arbitrary: fc.integer({ min: 0, max: 90_000 }) }),
  fc.oneof(
    fc.record({ type: fc.constant('quote' as const), instrument, bid: price, ask: price, bidSize: price, askSize: price }),
    fc.record({ type: fc.constant('trade' as const), instrument, price, size: price }),
    fc.constant({ type: 'clock' as const }),
  ),
);
const feed = fc.array(item, { minLength: 1, maxLength: 80 }).map((items) => {
  let ts = T0;
  return items.map(([ms, message]) => ({ ...message, v: 1, tsEvent: T0, tsInit: (ts = Math.max(T0, ts + ms * 1_000)) }) as FeedMessage);
});
/** How many messages each life reads, how many of them it writes before it is killed, and its batch size. */
const lives = fc.array(fc.record({ reads: fc.nat(30), batch: fc.integer({ min: 1, max: 12 }) }), { maxLength: 8 });

async function live(store: HistoryStore, messages: readonly FeedMessage[], reads: number, batchSize: number): Promise<void> {
  const bars = createBars();
  const collector = createTicksCollector('main', bars, () => undefined);
  const settled = await settledSeq(store, 'main');
  const from = await store.cursor(ticksStream('main'));
  await resumeBars(store, 'main', bars, settled, from, () => undefined);
  const to = Math.min(messages.length, from + reads);
  for (let seq = from + 1; seq <= to; seq++) {
    const { subject, body } = encodeFeedMessage('main', messages[seq - 1]!);
    collector.add({ seq, subject, data: body, header: () => undefined });
    if ((seq - from) % batchSize === 0) await store.write(collector.take(seq)); // what is left is lost with the process
  }
}

async function table(store: HistoryStore): Promise<unknown> {
  const read = (of: string, ms: number) => store.bars(of, ms, 0, T0 * 2, 10_000);
  const rows = (await gather(store.feedRows('main', 1))).flat().map((row) => ({ ...row, body: Buffer.from(row.body).toString() }));
  return { rows, bars: [await read('v.A', 1_000), await read('v.A', 60_000), await read('v.B', 1_000), await read('v.B', 60_000)] };
}

test('the same tables, wherever it is killed', async () => {
  await fc.assert(fc.asyncProperty(feed, lives, async (messages, killed) => {
    const whole = openStore(':memory:');
    const often = openStore(':memory:');
    await live(whole, messages, messages.length, 1);
    for (const { reads, batch } of killed) await live(often, messages, reads, batch);
    await live(often, messages, messages.length, 1);
    expect(await table(often)).toEqual(await table(whole));
    await whole.close();
    await often.close();
  }), { seed: 3, numRuns: 100 });
});
