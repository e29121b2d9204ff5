/** What a job of a worker sees: a service's context, with a signal, metrics and cursors of its own. */
import { Registry } from 'prom-client';
import type { Health, ProcessContext, ServiceContext, ServiceState } from '../runtime/service.ts';

export type Job = 'features' | 'inference' | 'outcomes';
export const JOBS: readonly Job[] = ['features', 'inference', 'outcomes'];

/** A job's position in a stream, among the cursors of its worker. */
export const cursorName = (job: Job, universe: string, stream: string): string => `${job}.${universe}/${stream}`;

/** Universes that a worker with these cursors works on: those whose features say where they stand. */
export const universesOf = (cursors: Health['cursors']): string[] =>
  [...new Set(Object.keys(cursors).flatMap((name) => /^features\.([^/]+)\//.exec(name)?.[1] ?? []))];

export interface JobContext extends ServiceContext {
  state(): ServiceState;
  detail(): string;
  /** After the job's end: its metrics and cursors are shown no more. */
  end(): void;
}

export function createJobContext(context: ProcessContext, job: Job, universe: string, signal: AbortSignal, onReport: () => void): JobContext {
  const metrics = new Registry();
  metrics.setDefaultLabels({ service: context.name, universe });
  const removeMetrics = context.addMetrics(metrics);
  const cursors = new Set<string>();
  let state: ServiceState = 'starting';
  let detail = '';
  return {
    name: context.name, signal, log: context.log, metrics,
    end() {
      removeMetrics();
      context.report({ cursors: Object.fromEntries([...cursors].map((name) => [name, null])) });
    },
    state: () => state,
    detail: () => detail,
    report(change) {
      const changed = (change.state !== undefined && change.state !== state) || (change.detail !== undefined && change.detail !== detail);
      state = change.state ?? state;
      detail = change.detail ?? detail;
      const own = Object.entries(change.cursors ?? {}).map(([stream, seq]) => [cursorName(job, universe, stream), seq] as const);
      for (const [name] of own) cursors.add(name);
      if (own.length > 0) context.report({ cursors: Object.fromEntries(own) });
      if (changed) onReport();
    },
    onHealth: () => undefined,
  };
}
