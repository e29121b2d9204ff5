/**
 * The speed at which a simulated market gives a wanted rate. Its activity has moods of minutes, so the mean alone can be
 * wrong by a fifth in a short run: the seed's own ticks over the known time that will be played are counted beforehand.
 */
import { MEAN_TICKS_PER_SECOND } from '../../streams/sources/simulator/book.ts';
import { openSimulator, SIMULATION_START_TS } from '../../streams/sources/simulator/simulator.ts';

/** Counting further costs more than it gives: moods have averaged out. */
const MOST_COUNTED = 20_000_000;

/** Known time per wall time: `rate` ticks a second for `minutes`, after the first `skipMinutes` of known time. */
export async function speedFor(seed: number, symbols: number, rate: number, minutes: number, skipMinutes: number): Promise<number> {
  const guess = rate / (symbols * MEAN_TICKS_PER_SECOND);
  const knownMinutes = Math.min(minutes * guess, MOST_COUNTED / (symbols * MEAN_TICKS_PER_SECOND * 60));
  const ticks = (await ticksIn(seed, symbols, skipMinutes + knownMinutes)) - (await ticksIn(seed, symbols, skipMinutes));
  return rate / (ticks / (knownMinutes * 60));
}

async function ticksIn(seed: number, symbols: number, minutes: number): Promise<number> {
  const source = openSimulator({ seed, symbols, minutes, predictable: true, startTs: SIMULATION_START_TS });
  for await (const _ of source.messages(new AbortController().signal)) void _;
  return source.counts.trades + source.counts.quotes;
}
