import { describe, expect, it } from 'vitest';
import type { StoredMessage } from '../journal.ts';
import { missingBefore } from './chain.ts';

const message = (seq: number, headers: Record<string, string>): StoredMessage => ({ seq, subject: 's', data: new Uint8Array(), header: (name) => headers[name] });
const ofSubject = (seq: number, before: number): StoredMessage => message(seq, { 'Nats-Expected-Last-Subject-Sequence': String(before) });
const ofStream = (seq: number): StoredMessage => message(seq, { 'Nats-Expected-Last-Sequence': String(seq - 1) });

describe('a chain of fenced messages', () => {
  it('of one subject: misses what the next message says was before it', () => {
    const missing = missingBefore(['features.a']);
    expect(missing(ofSubject(9, 5), 2)).toBe(5);
    expect(missing(ofSubject(9, 5), 5)).toBeNull();
    expect(missing(ofSubject(9, 5), 7)).toBeNull(); // reading began after it
  });

  it('of a whole stream: misses any sequence, whatever its messages are fenced by', () => {
    const missing = missingBefore(undefined);
    expect(missing(ofStream(4), 2)).toBe(3);
    expect(missing(ofStream(4), 3)).toBeNull();
    expect(missing(ofSubject(44, 42), 41)).toBe(43);
  });

  it('asks nothing of messages that say nothing, nor of several subjects among others', () => {
    expect(missingBefore(undefined)(message(7, {}), 2)).toBeNull();
    expect(missingBefore(['ticks.f.>'])(ofStream(7), 2)).toBeNull();
    expect(missingBefore(['features.a', 'features.b'])(ofSubject(7, 5), 2)).toBeNull();
  });
});
