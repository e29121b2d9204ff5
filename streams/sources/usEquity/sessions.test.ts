import { describe, expect, it } from 'vitest';
import type { FeedMessage } from '../../messages/feed.ts';
import { createSessionEnvelope } from './sessions.ts';

const OPEN = Date.UTC(2013, 9, 7, 13, 30) * 1_000;
const DAY = 86_400_000_000;
const SESSION = 6.5 * 3_600_000_000;

describe('the session envelope', () => {
  it('puts 09:30 and its clock before a tick of that very moment, and each clock before the tick it closes', () => {
    const envelope = createSessionEnvelope();
    const out: FeedMessage[] = [];
    const push = (message: FeedMessage): void => void out.push(message);
    envelope.before(OPEN, push);
    expect(out.map((message) => (message.type === 'status' ? message.status.kind : message.type))).toEqual(['connected', 'sessionOpen', 'clock']);
    out.length = 0;
    envelope.before(OPEN + 250_000, push);
    expect(out.map(({ tsInit }) => tsInit - OPEN)).toEqual([100_000, 200_000]);
  });

  it('goes on with its clocks through any silence in a session, and has none between sessions', () => {
    const envelope = createSessionEnvelope();
    const out: FeedMessage[] = [];
    const push = (message: FeedMessage): void => void out.push(message);
    envelope.before(OPEN + 1, push);
    envelope.before(OPEN + 60_000_000, push);
    expect(out.filter(({ type }) => type === 'clock')).toHaveLength(601);
    out.length = 0;
    // The day after the next one: a weekend or a holiday between them is no matter.
    envelope.before(OPEN + 2 * DAY + 5, push);
    expect(out.filter(({ tsInit }) => tsInit > OPEN + SESSION && tsInit < OPEN + 2 * DAY)).toEqual([]);
    expect(out.filter(({ type }) => type === 'status')).toEqual([
      { v: 1, type: 'status', tsInit: OPEN + SESSION, status: { kind: 'sessionClose' } },
      { v: 1, type: 'status', tsInit: OPEN + 2 * DAY, status: { kind: 'sessionOpen', from: OPEN + 2 * DAY, to: OPEN + 2 * DAY + SESSION } },
    ]);
    out.length = 0;
    envelope.end(push);
    expect(out.slice(-3).map((message) => [message.tsInit - OPEN - 2 * DAY, message.type === 'status' ? message.status.kind : message.type])).toEqual([
      [SESSION, 'clock'], [SESSION, 'sessionClose'], [SESSION, 'end'],
    ]);
  });

  it('says nothing at all when there was no tick', () => {
    const out: FeedMessage[] = [];
    createSessionEnvelope().end((message) => void out.push(message));
    expect(out).toEqual([]);
  });
});
