import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { encodeFeedMessage, type FeedMessage, parseFeedMessage } from '../../messages/feed.ts';
import { createFeedInvariants } from '../invariants.ts';
import { openSimulator, SIMULATION_START_TS, type SimulatorOptions } from './simulator.ts';
import { attainableSkill } from './skill.ts';

const BASE: SimulatorOptions = { seed: 1, symbols: 4, minutes: 1, predictable: true, startTs: SIMULATION_START_TS };
async function messagesOf(options: SimulatorOptions): Promise<FeedMessage[]> {
  const messages: FeedMessage[] = [];
  for await (const chunk of openSimulator(options).messages(new AbortController().signal)) messages.push(...chunk);
  return messages;
}

function digest(messages: readonly FeedMessage[]): string {
  const hash = createHash('sha256');
  for (const message of messages) {
    const { subject, body } = encodeFeedMessage('sim', message);
    hash.update(subject).update(body);
  }
  return hash.digest('hex');
}

describe('the feed', () => {
  it('holds the invariants of a source, and the messages survive the wire', async () => {
    const messages = await messagesOf(BASE);
    const invariants = createFeedInvariants();
    for (const message of messages) {
      invariants.push(message);
      const { subject, body } = encodeFeedMessage('sim', message);
      expect(parseFeedMessage(subject, body)).toEqual(message);
    }
    invariants.finish(true);
    expect(messages.at(-1)!.tsInit).toBe(SIMULATION_START_TS + 60_000_000);
    expect(messages.filter(({ type }) => type === 'clock')).toHaveLength(600);
  });

  it('is a function of the options: the same in another process, another for any other option', async () => {
    const whole = digest(await messagesOf(BASE));
    expect(whole).toMatchInlineSnapshot(`"e3f8582b64a4ec043bb4e480e6a4a0a57348b395b96f0b3e567350d3c78d731d"`);
    const script = `
      import { createHash } from 'node:crypto';
      import { encodeFeedMessage } from './streams/messages/feed.ts';
      import { openSimulator } from './streams/sources/simulator/simulator.ts';
      const hash = createHash('sha256');
      for await (const chunk of openSimulator(${JSON.stringify(BASE)}).messages(new AbortController().signal)) for (const message of chunk) {
        const { subject, body } = encodeFeedMessage('sim', message);
        hash.update(subject).update(body);
      }
      console.log(hash.digest('hex'));`;
    const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '--eval', script], { cwd: new URL('../../..', import.meta.url) });
    expect(stdout.trim()).toBe(whole);
    const others: Partial<SimulatorOptions>[] = [{ seed: 2 }, { symbols: 3 }, { predictable: false }, { startTs: SIMULATION_START_TS + 200_000 }];
    for (const other of others) expect(digest(await messagesOf({ ...BASE, ...other }))).not.toBe(whole);
  });

  it('a longer run begins with the shorter one', async () => {
    const short = (await messagesOf(BASE)).slice(0, -2);
    expect((await messagesOf({ ...BASE, minutes: 2 })).slice(0, short.length)).toEqual(short);
    const endless = openSimulator({ ...BASE, minutes: null });
    expect(endless.span).toBeNull();
    const abort = new AbortController();
    const seen: FeedMessage[] = [];
    for await (const chunk of endless.messages(abort.signal)) {
      expect(chunk.length).toBeLessThanOrEqual(1_000);
      seen.push(...chunk);
      if (seen.length >= short.length) abort.abort();
    }
    expect(seen.slice(0, short.length)).toEqual(short);
    expect(seen.some((message) => message.type === 'status' && message.status.kind === 'end')).toBe(false);
  });

  it('has 4 to 8 messages per symbol and second over an hour, and counts them', async () => {
    const source = openSimulator({ ...BASE, symbols: 28, minutes: 60 });
    const perSymbol = new Map<string, number>();
    for await (const chunk of source.messages(new AbortController().signal)) {
      for (const message of chunk) if (message.type === 'quote' || message.type === 'trade') perSymbol.set(message.instrument, (perSymbol.get(message.instrument) ?? 0) + 1);
    }
    const rates = [...perSymbol.values()].map((count) => count / 3_600);
    expect([...perSymbol.keys()].sort()).toEqual([...source.instruments].sort());
    expect(source.instruments.slice(25, 28)).toEqual(['sim.ZULU', 'sim.ALFA2', 'sim.BRAVO2']);
    expect(Math.min(...rates)).toBeGreaterThan(4);
    expect(Math.max(...rates)).toBeLessThan(8);
    expect(source.counts.trades + source.counts.quotes).toBe([...perSymbol.values()].reduce((sum, count) => sum + count, 0));
  });

  it('refuses a start off its steps', () => {
    expect(() => openSimulator({ ...BASE, startTs: SIMULATION_START_TS + 100_000 })).toThrow(RangeError);
  });
});

/** What a frame sees: mid and imbalance of every symbol at each multiple of `gridMs`. */
interface Seen { readonly mids: number[][]; readonly imbalances: number[][] }

async function seenBy(options: SimulatorOptions, gridMs: number): Promise<Seen> {
  const source = openSimulator(options);
  const column = new Map(source.instruments.map((instrument, i) => [instrument, i]));
  const mid = new Array<number>(options.symbols).fill(NaN);
  const imbalance = new Array<number>(options.symbols).fill(NaN);
  const seen: Seen = { mids: [], imbalances: [] };
  for await (const chunk of source.messages(new AbortController().signal)) {
    for (const message of chunk) {
      if (message.type === 'quote') {
        const i = column.get(message.instrument)!;
        mid[i] = (message.bid + message.ask) / 2;
        imbalance[i] = (message.bidSize - message.askSize) / (message.bidSize + message.askSize);
      } else if (message.type === 'clock' && message.tsInit % (gridMs * 1_000) === 0) {
        seen.mids.push([...mid]);
        seen.imbalances.push([...imbalance]);
      }
    }
  }
  return seen;
}

const returnsOver = (seen: Seen, symbol: number, steps: number): number[] => seen.mids.slice(steps).map((mids, t) => Math.log(mids[symbol]! / seen.mids[t]![symbol]!) * 1e4);
const dot = (a: readonly number[], b: readonly number[]): number => a.reduce((sum, x, i) => sum + x * (b[i] ?? 0), 0);
/** Uncentred: of what has mean zero. */
const correlation = (a: readonly number[], b: readonly number[]): number => dot(a, b) / Math.sqrt(dot(a, a) * dot(b, b));

/** Out of sample: one slope on the imbalance of the last quote, fitted on the first half, judged on the second. */
function imbalanceSkill(seen: Seen, symbol: number, steps: number): number {
  const y = returnsOver(seen, symbol, steps);
  const x = seen.imbalances.slice(0, y.length).map((row) => row[symbol]!);
  const half = Math.floor(y.length / 2);
  const slope = dot(x.slice(0, half - steps), y.slice(0, half - steps)) / dot(x.slice(0, half - steps), x.slice(0, half - steps));
  const errors = y.slice(half).map((value, t) => value - slope * x[half + t]!);
  return 1 - dot(errors, errors) / dot(y.slice(half), y.slice(half));
}

const mean = (values: readonly number[]): number => values.reduce((sum, x) => sum + x, 0) / values.length;

describe('a predictable market', () => {
  it('shows enough in its top of book for more than half of what is attainable', async () => {
    const seen = await seenBy({ ...BASE, seed: 5, minutes: 240 }, 1_000);
    for (const seconds of [1, 5]) {
      const reached = mean([0, 1, 2, 3].map((symbol) => imbalanceSkill(seen, symbol, seconds)));
      const attainable = attainableSkill(seconds * 1_000, { predictable: true });
      expect(reached).toBeGreaterThan(0.6 * attainable);
      expect(reached).toBeLessThan(attainable * 1.1);
    }
  });
});

describe('a random walk', () => {
  it.each([100, 1_000])('cannot be forecast from books or past returns on a grid of %i ms', async (gridMs) => {
    const seen = await seenBy({ ...BASE, seed: 6, minutes: 120, predictable: false }, gridMs);
    for (let symbol = 0; symbol < 4; symbol++) {
      const next = returnsOver(seen, symbol, 1).slice(1);
      // The returns' variance varies, which widens a correlation's error: five of the plain errors.
      const bound = 5 / Math.sqrt(next.length);
      expect(Math.abs(correlation(next, seen.imbalances.slice(1).map((row) => row[symbol]!)))).toBeLessThan(bound);
      for (let other = 0; other < 4; other++) expect(Math.abs(correlation(next, returnsOver(seen, other, 1)))).toBeLessThan(bound);
    }
  });

  it('still has correlated symbols and bursts of volatility', async () => {
    const seen = await seenBy({ ...BASE, seed: 6, minutes: 120, predictable: false }, 1_000);
    expect(correlation(returnsOver(seen, 0, 1), returnsOver(seen, 1, 1))).toBeGreaterThan(0.25);
    const sizes = returnsOver(seen, 0, 1).map(Math.abs);
    const centred = sizes.map((size) => size - mean(sizes));
    expect(correlation(centred.slice(1), centred)).toBeGreaterThan(0.08);
  });
});
