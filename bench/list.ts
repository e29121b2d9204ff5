/** The benches, in the order in which they run: name → file. Each runs in a process of its own (benchChild.ts). */
import type { Bench } from './bench.ts';

export const BENCHES: Readonly<Record<string, () => Promise<Bench>>> = {
  features: async () => (await import('./features.bench.ts')).bench,
  indicators: async () => (await import('./indicators.bench.ts')).bench,
  pipeline: async () => (await import('./pipeline.bench.ts')).bench,
  latency: async () => (await import('./latency.bench.ts')).bench,
  cost: async () => (await import('./cost.bench.ts')).bench,
  recovery: async () => (await import('./recovery.bench.ts')).bench,
  fanout: async () => (await import('./fanout.bench.ts')).bench,
  recorder: async () => (await import('./recorder.bench.ts')).bench,
  queries: async () => (await import('./queries.bench.ts')).bench,
};
