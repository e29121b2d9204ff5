/** Processor time of runs of the pipeline: added up over universes, and without what a start costs. Pure. */
import type { PipelineRun } from './pipeline.ts';

type Seconds = Readonly<Record<string, number | null>>;

/** What was done, and what it took. */
export interface Spent {
  readonly ticks: number;
  /** Symbols × frames. */
  readonly rows: number;
  /** Of each part. null where the system doesn't say. */
  readonly cpu: Seconds;
  readonly rssBytes: Readonly<Record<string, number>>;
}

const both = (a: Seconds, b: Seconds, of: (a: number, b: number) => number): Seconds =>
  Object.fromEntries(Object.keys(a).map((part) => [part, (a[part] ?? null) === null || (b[part] ?? null) === null ? null : of(a[part]!, b[part]!)]));
const parts = (all: readonly Readonly<Record<string, number>>[], of: (values: number[]) => number): Record<string, number> =>
  Object.fromEntries(Object.keys(all[0]!).map((part) => [part, of(all.map((one) => one[part]!))]));
const plus = (a: number, b: number): number => a + b;
const sum = (values: number[]): number => values.reduce(plus, 0);

/** Runs beside each other, each of so many ticks and rows: their processes in sum. The server, which they share, from the first beginning to the last end. */
export function together(runs: readonly PipelineRun[], ticks: number, rows: number): Spent {
  const server = runs.map(({ serverCpu }) => serverCpu).filter((span) => span !== null);
  const shared = server.length < runs.length ? null : Math.max(...server.map(([, after]) => after)) - Math.min(...server.map(([before]) => before));
  return { ticks: ticks * runs.length, rows: rows * runs.length, cpu: { ...runs.map(({ cpu }) => cpu).reduce((a, b) => both(a, b, plus)), 'nats-server': shared }, rssBytes: parts(runs.map(({ rssBytes }) => rssBytes), sum) };
}

/** What a longer run took more than a shorter one: a process's start and the compiling of its code are in both. Memory is the longer one's. */
export const beyond = (long: Spent, short: Spent): Spent =>
  ({ ticks: long.ticks - short.ticks, rows: long.rows - short.rows, cpu: both(long.cpu, short.cpu, (a, b) => a - b), rssBytes: long.rssBytes });

/** Repetitions of the same; memory is the most. */
export const sumOf = (repeated: readonly Spent[]): Spent => ({
  ticks: sum(repeated.map(({ ticks }) => ticks)), rows: sum(repeated.map(({ rows }) => rows)),
  cpu: repeated.map(({ cpu }) => cpu).reduce((a, b) => both(a, b, plus)), rssBytes: parts(repeated.map(({ rssBytes }) => rssBytes), (values) => Math.max(...values)),
});
