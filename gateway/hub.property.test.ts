import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { ServerMessage } from '../sdk/api.ts';
import { createHub } from './hub.ts';

const INSTRUMENTS = ['x.A', 'x.B', 'x.C'];
const step = fc.oneof(
  fc.record({ do: fc.constant('update' as const), instrument: fc.constantFrom(...INSTRUMENTS) }),
  fc.record({ do: fc.constant('room' as const), room: fc.integer({ min: 0, max: 3 }) }),
  fc.record({ do: fc.constant('subscribe' as const), instruments: fc.subarray(INSTRUMENTS) }),
);

test('whatever the order of updates, room and subscriptions: values only go forward, and the reader ends with the newest', () => {
  fc.assert(fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
    const hub = createHub(INSTRUMENTS, () => undefined);
    let room = 0;
    const seen = new Map<string, number>();
    const wantedAt: string[][] = [[]];
    const connection = hub.connect({
      hasRoom: () => room > 0,
      send(text) {
        room -= 1;
        const message = JSON.parse(text) as ServerMessage;
        if (message.type === 'snapshot') {
          for (const { instrument, price } of message.instruments) seen.set(instrument, price?.ts ?? 0);
        } else if (message.type === 'price') {
          expect(wantedAt.at(-1)).toContain(message.instrument);
          expect(message.value.ts).toBeGreaterThan(seen.get(message.instrument)!);
          seen.set(message.instrument, message.value.ts);
        }
      },
      together: (sends) => sends(),
      end: () => expect.unreachable(),
    });
    const newest = new Map<string, number>();
    steps.forEach((current, i) => {
      if (current.do === 'update') {
        newest.set(current.instrument, i + 1);
        hub.update('price', current.instrument, { v: 1, ts: i + 1, mid: 1, bid: null, ask: null, bidSize: null, askSize: null, last: null });
      } else if (current.do === 'subscribe') {
        wantedAt.push(current.instruments);
        connection.receive(JSON.stringify({ type: 'subscribe', instruments: current.instruments }));
      } else room = current.room;
      hub.flush();
    });
    room = Number.POSITIVE_INFINITY;
    hub.flush();
    for (const instrument of wantedAt.at(-1)!) expect(seen.get(instrument)).toBe(newest.get(instrument) ?? 0);
  }), { seed: 7, numRuns: 300 });
});
