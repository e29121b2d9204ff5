/**
 * A simulated market as a source: seeded, several correlated symbols, bursts, spread and depth that move, and either a
 * planted predictability (skill.ts) or a pure random walk. A pure function of its options, in every process.
 * Virtual time: it begins where it is told, and asks no clock.
 */
import { createRandom } from '../../../quant/random.ts';
import { toInstrumentId } from '../../instrument.ts';
import type { FeedMessage } from '../../messages/feed.ts';
import type { Status } from '../../messages/control.ts';
import type { Quote, Trade } from '../../messages/tick.ts';
import { clocksBefore } from '../clockGrid.ts';
import type { Source, Span } from '../source.ts';
import { createBook } from './book.ts';
import { createMarket, STEP_MS } from './market.ts';

/** 2026-01-05T00:00:00Z, µs: where `foretick up` begins every simulation. */
export const SIMULATION_START_TS = 1_767_571_200_000_000;

export interface SimulatorOptions {
  readonly seed: number;
  /** 1 to 500. */
  readonly symbols: number;
  /** null: it never ends. */
  readonly minutes: number | null;
  readonly predictable: boolean;
  /** A multiple of 200 ms, µs. */
  readonly startTs: number;
}

const STEP_US = STEP_MS * 1_000;
const CHUNK = 1_000;
/** Keeps the book's draws apart from the market's: with the same seed, mids are alike whatever the book does. */
const BOOK_SEED = 2 ** 52;
const NAMES = [
  'ALFA', 'BRAVO', 'CHARLIE', 'DELTA', 'ECHO', 'FOXTROT', 'GOLF', 'HOTEL', 'INDIA', 'JULIETT', 'KILO', 'LIMA', 'MIKE',
  'NOVEMBER', 'OSCAR', 'PAPA', 'QUEBEC', 'ROMEO', 'SIERRA', 'TANGO', 'UNIFORM', 'VICTOR', 'WHISKEY', 'XRAY', 'YANKEE', 'ZULU',
];

/** ALFA to ZULU, then ALFA2 and so on. */
const symbolName = (index: number): string => `${NAMES[index % NAMES.length]}${index < NAMES.length ? '' : Math.floor(index / NAMES.length) + 1}`;

export function openSimulator(options: SimulatorOptions): Source & { readonly span: Span | null } {
  const { seed, symbols, minutes, predictable, startTs } = options;
  if (startTs % STEP_US !== 0) throw new RangeError(`startTs ${startTs}: not a multiple of ${STEP_US} µs`);
  const names = Array.from({ length: symbols }, (_, i) => symbolName(i));
  const endTs = minutes === null ? Infinity : startTs + Math.max(1, Math.round((minutes * 60_000) / STEP_MS)) * STEP_US;
  const counts: Source['counts'] = { trades: 0, quotes: 0, dropped: {} };
  return {
    kind: 'simulated',
    title: `Simulated market, seed ${seed}: ${symbols} ${symbols === 1 ? 'symbol' : 'symbols'}, ${predictable ? 'a little of it can be forecast' : 'a pure random walk'}`,
    instruments: names.map((name) => toInstrumentId('sim', name)),
    counts,
    span: minutes === null ? null : { fromTs: startTs, toTs: endTs },
    async *messages(signal) {
      counts.trades = 0;
      counts.quotes = 0;
      yield* simulate(options, names, endTs, counts, signal);
    },
  };
}

function* simulate(options: SimulatorOptions, names: readonly string[], endTs: number, counts: Source['counts'], signal: AbortSignal): Generator<FeedMessage[]> {
  const { startTs } = options;
  const market = createMarket(options);
  const bookRandom = createRandom((options.seed + BOOK_SEED) % 2 ** 53);
  const books = names.map((name) => createBook(name, bookRandom));
  let out: FeedMessage[] = [statusAt(startTs, { kind: 'connected', detail: 'simulated' })];
  let known = startTs;
  const ticks: (Quote | Trade)[] = [];
  const push = (tick: Quote | Trade): void => void ticks.push(tick);
  for (let ts = startTs; ts < endTs; ts += STEP_US) {
    ticks.length = 0;
    for (let i = 0; i < books.length; i++) books[i]!.step(market.assets[i]!, ts, push);
    ticks.sort((a, b) => a.tsInit - b.tsInit);
    for (const tick of ticks) {
      for (const clock of clocksBefore(known, tick.tsInit)) out.push(clock);
      known = tick.tsInit;
      if (tick.type === 'trade') counts.trades++;
      else counts.quotes++;
      out.push(tick);
    }
    market.step();
    for (; out.length >= CHUNK; out = out.slice(CHUNK)) {
      if (signal.aborted) return;
      yield out.slice(0, CHUNK);
    }
  }
  out.push(...clocksBefore(known, endTs), statusAt(endTs, { kind: 'end' }));
  for (let from = 0; from < out.length && !signal.aborted; from += CHUNK) yield out.slice(from, from + CHUNK);
}

const statusAt = (tsInit: number, status: Status['status']): Status => ({ v: 1, type: 'status', tsInit, status });
