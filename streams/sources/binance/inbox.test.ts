import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { bytesKept } from '../../../tests/support/garbage.ts';
import type { Status } from '../../messages/control.ts';
import type { Trade } from '../../messages/tick.ts';
import { createInbox, type Incoming } from './inbox.ts';

const trade = (tsInit: number): Trade => ({ v: 1, type: 'trade', price: 1, size: 1, tsEvent: tsInit, tsInit, instrument: 'v.S' });
const status = (tsInit: number, kind: 'connected' | 'disconnected'): Status => ({ v: 1, type: 'status', tsInit, status: { kind } });

const WAITS = 20_000;

describe('inbox', () => {
  test('below the capacity everything comes out once, in order', () => {
    fc.assert(fc.property(fc.array(fc.oneof(fc.constant('push' as const), fc.integer({ min: 0, max: 7 })), { maxLength: 200 }), (actions) => {
      const inbox = createInbox(1_000);
      const { push } = inbox.entrance('v');
      const out: number[] = [];
      let pushed = 0;
      for (const action of actions) {
        if (action === 'push') push(trade(pushed++));
        else out.push(...inbox.take(action, pushed).map(({ tsInit }) => tsInit));
      }
      out.push(...inbox.take(1_000, pushed).map(({ tsInit }) => tsInit));
      expect(out).toEqual(Array.from({ length: pushed }, (_, i) => i));
    }), { seed: 20_261_124 });
  });

  test('when full it drops until half is read, then reports one gap and how the link stands', () => {
    const inbox = createInbox(4);
    const { push } = inbox.entrance('v');
    const taken: boolean[] = [];
    for (let i = 1; i <= 4; i++) taken.push(push(trade(i)));
    taken.push(push(trade(5)), push(status(6, 'disconnected')), push(status(7, 'connected')));
    expect(inbox.take(1, 8)).toEqual([trade(1)]);
    taken.push(push(trade(9)));
    expect(taken).toEqual([true, true, true, true, false, false, false, false]);
    expect(inbox.take(1, 10)).toEqual([trade(2)]);
    expect(inbox.take(9, 11)).toEqual<Incoming[]>([
      trade(3), trade(4),
      { v: 1, type: 'status', tsInit: 11, status: { kind: 'gap', venue: 'v', from: 5, to: 11, reason: 'the reader was too slow: 4 messages dropped' } },
      status(11, 'connected'),
    ]);
    expect(push(trade(12))).toBe(true);
    expect(inbox.take(9, 13)).toEqual([trade(12)]);
  });

  test('each venue has room of its own, and all come out in the order of arrival', () => {
    const inbox = createInbox(2);
    const [a, b] = [inbox.entrance('a'), inbox.entrance('b')];
    expect([a.push(trade(1)), b.push(trade(2)), a.push(trade(2)), a.push(trade(3)), b.push(trade(4)), a.push(status(5, 'disconnected'))]).toEqual([true, true, true, false, true, false]);
    expect(inbox.take(3, 6)).toEqual([trade(1), trade(2), trade(2)]);
    expect(b.push(trade(6))).toBe(true);
    expect(inbox.take(9, 7)).toEqual<Incoming[]>([
      trade(4), trade(6),
      { v: 1, type: 'status', tsInit: 7, status: { kind: 'gap', venue: 'a', from: 3, to: 7, reason: 'the reader was too slow: 2 messages dropped' } },
      status(7, 'disconnected'),
    ]);
    expect(a.push(trade(8))).toBe(true);
  });

  test('arrival resolves at once when something waits, otherwise with the next push', async () => {
    const inbox = createInbox(4);
    const { push } = inbox.entrance('v');
    let arrived = false;
    const arrival = inbox.arrival().then(() => (arrived = true));
    await Promise.resolve();
    expect(arrived).toBe(false);
    push(trade(1));
    await arrival;
    await inbox.arrival();
    expect(inbox.take(9, 2)).toEqual([trade(1)]);
  });

  test('a quiet inbox keeps nothing of the waits that ended otherwise: ten a second, for as long as the venues are away', async () => {
    const inbox = createInbox(4);
    expect(await bytesKept(WAITS, () => Promise.race([inbox.arrival(), Promise.resolve()]))).toBeLessThan(WAITS * 50);
    inbox.entrance('v').push(trade(1));
  });
});
