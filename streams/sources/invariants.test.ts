import { describe, expect, it } from 'vitest';
import type { FeedMessage } from '../messages/feed.ts';
import { createFeedInvariants } from './invariants.ts';
import { openSimulator, SIMULATION_START_TS } from './simulator/simulator.ts';

const source = openSimulator({ seed: 1, symbols: 2, minutes: 0.05, predictable: true, startTs: SIMULATION_START_TS });
const messages: FeedMessage[] = [];
for await (const chunk of source.messages(new AbortController().signal)) messages.push(...chunk);

function hold(feed: readonly FeedMessage[]): void {
  const invariants = createFeedInvariants();
  feed.forEach(invariants.push);
  invariants.finish(true);
}

const clockAt = messages.findIndex(({ type }) => type === 'clock');
const clockBeforeTick = messages.findIndex(({ type }, i) => type === 'clock' && ['quote', 'trade'].includes(messages[i + 1]!.type));
const tickAt = messages.findIndex(({ type }) => type === 'quote');

describe('the invariants of a feed', () => {
  it('hold for a sound one', () => hold(messages));

  it.each<[string, FeedMessage[], string]>([
    ['a clock is left out before a tick', messages.toSpliced(clockBeforeTick, 1), 'its clock is missing'],
    ['a clock is left out before a clock', messages.filter(({ type }, i) => type !== 'clock' || i === clockAt).toSpliced(1, Infinity, ...messages.filter(({ type }) => type === 'clock').slice(1)), 'a clock was left out'],
    ['a clock comes twice', messages.toSpliced(clockAt, 0, messages[clockAt]!), 'off the grid, or twice'],
    ['a clock comes after its tick', messages.toSpliced(clockAt, 2, messages[clockAt + 1]!, messages[clockAt]!), 'clock'],
    ['time goes back', messages.toSpliced(-1, 0, messages[tickAt]!), 'behind known time'],
    ['it does not begin with connected', messages.slice(1), 'not `connected`'],
    ['it does not end', messages.slice(0, -1), 'without `end`'],
    ['it goes on after its end', [...messages, messages.at(-1)!], 'after `end`'],
    ['a session is closed', messages.toSpliced(tickAt, 0, { v: 1, type: 'status', tsInit: SIMULATION_START_TS, status: { kind: 'sessionClose' } }), 'outside a session'],
  ])('fail when %s', (_, feed, why) => {
    expect(() => hold(feed)).toThrow(why);
  });
});
