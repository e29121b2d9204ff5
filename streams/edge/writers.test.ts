/** The two writers over the JetStream in memory: zombies with equal bytes, refusals for good and for now. */
import { describe, expect, it, vi } from 'vitest';
import { openCalmLink } from '../../tests/simulation/link.ts';
import { createMemoryJetStream, ServerRefusal } from '../../tests/simulation/memoryJetStream.ts';
import { FencedError, RefusedError, RetryError } from '../../runtime/errors.ts';
import type { Journal } from '../journal.ts';
import type { FeedMessage } from '../messages/feed.ts';
import { FEATURES, streamsFor, ticksStream } from '../streams.ts';
import { openFeedPublisher } from './feedPublisher.ts';
import { openFencedSubject } from './fencedSubject.ts';

const NO_SPACE = 10_077;
const never = new AbortController().signal;
const clocks = (from: number, n: number): FeedMessage[] => Array.from({ length: n }, (_, i) => ({ v: 1, type: 'clock', tsInit: (from + i) * 100_000 }));
const body = new TextEncoder().encode('{}');

function open(maxMsgSize = 1_000_000): { journal: Journal; errors: string[]; fail(times: number, code: number): void; stored(stream: string): number; lose(stream: string, lastSeq: number): void } {
  const server = createMemoryJetStream();
  for (const spec of streamsFor(['f'])) server.addStream({ ...spec, maxMsgSize });
  const errors: string[] = [];
  const log = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: (_: unknown, text?: string) => void errors.push(String(text)) };
  const link = openCalmLink(server, log);
  let failing = 0;
  let failWith = 0;
  return {
    journal: { ...link, append: async (...asked) => (failing-- > 0 ? Promise.reject(new ServerRefusal(failWith, 'no space left')) : link.append(...asked)) },
    errors, fail: (times, code) => void ([failing, failWith] = [times, code]), stored: (stream) => server.messages(stream).length, lose: server.lose,
  };
}

/** What is thrown once a new leader of a cluster would have caught up. */
async function thrownLater(work: () => Promise<unknown>): Promise<unknown> {
  vi.useFakeTimers({ toFake: ['setTimeout'] });
  const ended = work().then(() => null, (error: unknown) => error);
  await vi.advanceTimersByTimeAsync(15_000);
  vi.useRealTimers();
  return ended;
}

describe('a fenced subject', () => {
  it('refuses a zombie that is exactly one message behind, though its bytes are equal', async () => {
    const { journal, stored } = open();
    const zombie = await openFencedSubject(journal, FEATURES, 'features.u', never);
    const owner = await openFencedSubject(journal, FEATURES, 'features.u', never);
    await owner.publish(body, { a: '1' });
    await expect(zombie.publish(body, { a: '1' })).rejects.toThrow(FencedError);
    expect(stored(FEATURES)).toBe(1);
  });

  it('says once that the server stores nothing, and stores when it can', async () => {
    const { journal, errors, fail, stored } = open();
    const subject = await openFencedSubject(journal, FEATURES, 'features.u', never);
    fail(3, NO_SPACE);
    await subject.publish(body);
    expect([stored(FEATURES), errors]).toEqual([1, ['the NATS server stores nothing: no space left']]);
  });

  it('starts again where the server lost what it had acknowledged: nobody else wrote', async () => {
    const { journal, lose } = open();
    const subject = await openFencedSubject(journal, FEATURES, 'features.u', never);
    await subject.publish(body);
    await subject.publish(body);
    lose(FEATURES, 1);
    const error = await thrownLater(() => subject.publish(body));
    expect(error).toBeInstanceOf(RetryError);
    expect((error as Error).message).toContain('features.u ends at message 1 and had 2');
  });

  it('leaves with plain words when the stream refuses the message for good', async () => {
    const { journal } = open(200);
    const subject = await openFencedSubject(journal, FEATURES, 'features.u', never);
    await expect(subject.publish(new Uint8Array(300))).rejects.toThrow(RefusedError);
  });
});

describe('a feed publisher', () => {
  it('lets nothing of a zombie in behind what the new owner has stored', async () => {
    const { journal, stored } = open();
    const zombie = await openFeedPublisher(journal, 'f', journal.log);
    const owner = await openFeedPublisher(journal, 'f', journal.log);
    await owner.publish(clocks(1, 5));
    await owner.flush();
    await expect(zombie.publish(clocks(1, 10))).rejects.toThrow(FencedError);
    expect(stored(ticksStream('f'))).toBe(5);
  });

  it('starts again where the server lost what it had acknowledged: nobody else wrote', async () => {
    const { journal, lose } = open();
    const publisher = await openFeedPublisher(journal, 'f', journal.log);
    await publisher.publish(clocks(0, 5));
    await publisher.flush();
    lose(ticksStream('f'), 3);
    const error = await thrownLater(() => publisher.publish(clocks(5, 2)));
    expect(error).toBeInstanceOf(RetryError);
    expect((error as Error).message).toContain('TICKS-f ends at message 3 and had 5');
  });

  it('leaves when another writer stood within its window, though its own message is the last', async () => {
    const { journal, stored } = open();
    const publisher = await openFeedPublisher({ ...journal, append: async (subject, bytes, options) => {
      if (options.expectLastSeq !== 1) return journal.append(subject, bytes, options);
      await journal.append(subject, bytes, { expectLastSeq: 1, timeoutMs: 1_000 });
      throw new Error('timeout');
    } }, 'f', journal.log);
    await publisher.publish(clocks(0, 4));
    await expect(publisher.flush()).rejects.toThrow(FencedError);
    expect(stored(ticksStream('f'))).toBe(4);
  });

  it('says once that the server stores nothing, and stores when it can', async () => {
    const { journal, errors, fail, stored } = open();
    const publisher = await openFeedPublisher(journal, 'f', journal.log);
    fail(12, NO_SPACE);
    await publisher.publish(clocks(1, 5));
    await publisher.flush();
    expect([stored(ticksStream('f')), errors]).toEqual([5, ['the NATS server stores nothing: no space left']]);
  });

  it('leaves with plain words when the stream refuses a message for good, instead of sending it for ever', async () => {
    const { journal } = open(100);
    const publisher = await openFeedPublisher(journal, 'f', journal.log);
    await publisher.publish([{ v: 1, type: 'status', tsInit: 1, status: { kind: 'connected', detail: 'x'.repeat(150) } }]);
    await expect(publisher.flush()).rejects.toThrow(RefusedError);
  });
});
