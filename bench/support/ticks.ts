/** Messages of a simulated feed, made before any clock runs. The same for the same arguments. */
import type { FeedMessage } from '../../streams/messages/feed.ts';
import { openSimulator, SIMULATION_START_TS } from '../../streams/sources/simulator/simulator.ts';

export interface SimulatedFeed { readonly instruments: readonly string[]; readonly messages: readonly FeedMessage[]; /** Trades and quotes among them. */ readonly ticks: number }

const open = (symbols: number, minutes: number) => openSimulator({ seed: 1, symbols, minutes, predictable: true, startTs: SIMULATION_START_TS });

/** For feeds of millions of messages, which aren't kept. */
export async function countedFeed(symbols: number, minutes: number): Promise<Omit<SimulatedFeed, 'messages'>> {
  const source = open(symbols, minutes);
  for await (const chunk of source.messages(new AbortController().signal)) void chunk;
  return { instruments: source.instruments, ticks: source.counts.trades + source.counts.quotes };
}

export async function simulatedFeed(symbols: number, minutes: number): Promise<SimulatedFeed> {
  const source = open(symbols, minutes);
  const messages: FeedMessage[] = [];
  for await (const chunk of source.messages(new AbortController().signal)) for (const message of chunk) messages.push(message);
  return { instruments: source.instruments, messages, ticks: source.counts.trades + source.counts.quotes };
}
