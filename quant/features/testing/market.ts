/** For tests: a plausible market from a seed, with quotes on a lattice, trades with and without a side, and still steps. */
import { type History, START_US, type Tick, historyOf, quote, trade } from './harness.ts';

/** Mulberry32: small, seeded, the same everywhere. */
export function randomFrom(seed: number): () => number {
  let a = seed >>> 0;
  return () => {
    a = (a + 0x6d2b79f5) >>> 0;
    let t = Math.imul(a ^ (a >>> 15), a | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}

export interface Market {
  readonly seed: number;
  readonly steps: number;
  readonly stepMs: number;
  /** Mean ticks a step. */
  readonly ticksPerStep: number;
  readonly price: number;
  readonly tick: number;
  /** Steps before the first quote. */
  readonly silentSteps: number;
}

export function marketHistory({ seed, steps, stepMs, ticksPerStep, price, tick, silentSteps }: Market): History {
  const random = randomFrom(seed);
  let level = Math.round(price / tick);
  const oneTick = (ts: number): Tick => {
    if (random() < 0.3) level = Math.max(10, level + (random() < 0.5 ? -1 : 1));
    const width = 1 + Math.floor(random() * 3);
    if (random() < 0.7) return quote(level * tick, 1 + Math.floor(random() * 50), (level + width) * tick, 1 + Math.floor(random() * 50), ts);
    const side = random() < 0.5 ? undefined : random() < 0.5 ? 'buy' : 'sell';
    return trade((level + Math.floor(random() * (width + 1))) * tick, 0.1 + random() * 10, side, ts);
  };
  const ticksByStep = Array.from({ length: steps }, (_, i) => {
    const count = i < silentSteps || random() < 0.1 ? 0 : Math.round(random() * 2 * ticksPerStep);
    return Array.from({ length: count }, (_, j) => oneTick(START_US + i * stepMs * 1_000 + j));
  });
  const first = { level: 3_000, second: 150 };
  return historyOf(stepMs, ticksByStep, {
    session: { from: START_US - 60_000_000, to: START_US + steps * stepMs * 1_000 + 60_000_000 },
    leaderMids: () => [(first.level += random() - 0.5), (first.second += 0.01 * (random() - 0.5))],
  });
}
