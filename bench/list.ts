/** The benches, in the order in which they run: name → file. Each runs in a process of its own (benchChild.ts). */
import type { Bench } from './bench.ts';

export const BENCHES: Readonly<Record<string, () => Promise<Bench>>> = {
  features: async () => (await import('./features.bench.ts')).bench,
  queries: async () => (await import('./queries.bench.ts')).bench,
};
