/** Reading a stream from a node of a cluster that lags behind the others. */
import { expect, it, vi } from 'vitest';
import { RetryError } from '../../runtime/errors.ts';
import { silentLog } from '../../tests/support/context.ts';
import type { Delivered, Journal, JournalReader } from '../journal.ts';
import { readStream } from './consume.ts';

const message = (seq: number, deliverySeq: number): Delivered => ({ seq, deliverySeq, subject: 's', data: new Uint8Array(1), header: () => undefined });

/** Its readers give what is listed, in turn, and are lost then. */
function lossyJournal(deliveries: readonly (readonly number[])[], bounds = { firstSeq: 1, lastSeq: 8 }): { journal: Pick<Journal, 'openReader' | 'isAway' | 'log' | 'bounds'>; asked: number[] } {
  const asked: number[] = [];
  const openReader: Journal['openReader'] = async (_stream, from): Promise<JournalReader> => {
    const delivery = deliveries[asked.length] ?? [];
    asked.push('fromSeq' in from ? from.fromSeq : 0);
    return {
      pending: 0, waiting: async () => null, close: () => undefined,
      async *pull() {
        if (delivery.length > 0) yield delivery.map((seq, i) => message(seq, i + 1));
        throw new Error('the node is gone');
      },
    };
  };
  return { journal: { openReader, isAway: () => false, log: silentLog, bounds: async () => bounds }, asked };
}

/** Messages that name the one before them, until `lastSeq` came. */
async function readChained(journal: Pick<Journal, 'openReader' | 'isAway' | 'bounds'>, fromSeq: number, lastSeq: number): Promise<{ seen: number[]; told: string[] }> {
  const told: string[] = [];
  const tell = (level: string) => (_: unknown, text?: string): void => void told.push(`${level}: ${text}`);
  const chained: Pick<Journal, 'openReader' | 'isAway' | 'log' | 'bounds'> = {
    ...journal, log: { ...silentLog, warn: tell('warn'), error: tell('error') },
    openReader: async (stream, from) => {
      const reader = await journal.openReader(stream, from);
      return { ...reader, async *pull(limit, expiresMs) {
        for await (const some of reader.pull(limit, expiresMs)) yield some.map((one) => ({ ...one, header: (name: string) => (name === 'Nats-Expected-Last-Subject-Sequence' ? String(one.seq - 1) : undefined) }));
      } };
    },
  };
  const seen: number[] = [];
  for await (const { seq } of readStream(chained as Journal, { stream: 'S', fromSeq, filterSubjects: ['s'], signal: new AbortController().signal })) {
    seen.push(seq);
    if (seq === lastSeq) break;
  }
  return { seen, told };
}

it('yields no message twice when a reader is made anew on a node that lags', async () => {
  const { journal, asked } = lossyJournal([[1, 2, 3, 4, 5], [3, 4, 5, 6, 7], [8]]);
  const seen: number[] = [];
  for await (const { seq } of readStream(journal as Journal, { stream: 'S', fromSeq: 1, signal: new AbortController().signal })) {
    seen.push(seq);
    if (seq === 8) break;
  }
  expect(seen).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
  expect(asked).toEqual([1, 6, 8]);
});

it('asks again where a message that the next one names was not given, unless retention took it', async () => {
  const { journal, asked } = lossyJournal([[3, 4, 6], [5, 6, 7]], { firstSeq: 3, lastSeq: 7 });
  expect(await readChained(journal, 1, 7)).toEqual({ seen: [3, 4, 5, 6, 7], told: ['warn: the copy of the stream that is read lacks messages; it is asked again'] });
  expect(asked).toEqual([1, 5]);
});

it('tells what retention took of what was yet to be read', async () => {
  const { journal } = lossyJournal([[5, 6]], { firstSeq: 5, lastSeq: 6 });
  expect(await readChained(journal, 3, 6)).toEqual({ seen: [5, 6], told: ['error: retention took messages before they were read; nothing will be made of them'] });
});

it('has patience with a copy that lags however often its readers were lost before', async () => {
  const { journal } = lossyJournal([...Array.from({ length: 300 }, () => []), [2], [1, 2]], { firstSeq: 1, lastSeq: 2 });
  vi.useFakeTimers({ toFake: ['setTimeout'] });
  const read = readChained(journal, 1, 2);
  await vi.advanceTimersByTimeAsync(60_000);
  vi.useRealTimers();
  expect(await read).toEqual({ seen: [1, 2], told: [expect.stringMatching(/^warn: .*lacks messages/)] });
});

it('ends where the stream has become shorter than what was read of it: what comes next would be passed over', async () => {
  const { journal, asked } = lossyJournal([[1, 2, 3, 4, 5], [3, 4, 5]], { firstSeq: 1, lastSeq: 3 });
  const seen: number[] = [];
  vi.useFakeTimers({ toFake: ['setTimeout'] });
  const ended = (async () => {
    for await (const { seq } of readStream(journal as Journal, { stream: 'S', fromSeq: 1, signal: new AbortController().signal })) seen.push(seq);
  })().then(() => null, (error: unknown) => error);
  await vi.advanceTimersByTimeAsync(15_000);
  vi.useRealTimers();
  expect(await ended).toBeInstanceOf(RetryError);
  expect((await ended as Error).message).toContain('S ends at message 3 and had 5');
  expect([seen, asked]).toEqual([[1, 2, 3, 4, 5], [1]]);
});

/** `arrive` says how many are stored when so many are asked for; a pull gives what is there and ends. Infinity: by bytes. */
function storedJournal(arrive: (most: number) => number): { journal: Journal; pulls: number[] } {
  const pulls: number[] = [];
  let stored = arrive(0);
  let delivered = 0;
  const reader: JournalReader = {
    pending: 0, close: () => undefined, waiting: async () => stored - delivered,
    async *pull(limit) {
      const most = 'messages' in limit ? limit.messages : Infinity; // before anything is known of sizes
      pulls.push(most);
      stored = arrive(most);
      for (let i = 0; i < most && delivered < stored; i++) yield [message(++delivered, delivered)];
    },
  };
  const journal: Pick<Journal, 'openReader' | 'isAway' | 'log' | 'bounds'> = { openReader: async () => reader, isAway: () => false, log: silentLog, bounds: async () => ({ firstSeq: 1, lastSeq: stored }) };
  return { journal: journal as Journal, pulls };
}

it('in bunches: waits for one, takes what waits with it, and asks for nothing until the pause is over', async () => {
  const askedAt: number[] = [];
  let stored = 0;
  const { journal, pulls } = storedJournal((most) => {
    if (most > 0) askedAt.push(performance.now());
    if (most === 1) stored += 5; // five come at once
    return stored;
  });
  const seen: number[] = [];
  for await (const { seq } of readStream(journal, { stream: 'S', fromSeq: 1, bunchMs: 30, signal: new AbortController().signal })) {
    seen.push(seq);
    if (seq === 15) break;
  }
  expect(seen).toEqual(Array.from({ length: 15 }, (_, i) => i + 1));
  expect(pulls).toEqual([1, 4, 1, 4, 1, 4]);
  expect(askedAt[2]! - askedAt[1]!).toBeGreaterThanOrEqual(29);
});

it('in bunches: what is more than a pull takes is read without a pause', async () => {
  const stored = 40;
  const { journal, pulls } = storedJournal(() => stored);
  vi.useFakeTimers({ toFake: ['setTimeout'] }); // no pause ends
  for await (const { seq } of readStream(journal, { stream: 'S', fromSeq: 1, bunchMs: 30, signal: new AbortController().signal })) if (seq === stored) break;
  vi.useRealTimers();
  expect(pulls).toEqual([1, 16, 1, 22]);
});
