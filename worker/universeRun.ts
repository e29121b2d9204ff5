/** Features, inference and outcomes of one universe, in this process, until they are told to stop. */
import { wallClock } from '../runtime/clock.ts';
import type { UniverseConfig, WorkPlan } from '../runtime/config.ts';
import { RetryError } from '../runtime/errors.ts';
import type { ProcessContext } from '../runtime/service.ts';
import type { Connection } from '../streams/edge/connect.ts';
import { runInference } from '../inference/service.ts';
import { runFeatures } from '../processors/features/service.ts';
import { runOutcomes } from '../processors/outcomes/service.ts';
import { createJobContext, type Job, type JobContext, JOBS } from './jobContext.ts';

export interface UniverseRun {
  /** In plain words, for people. */
  describe(): { readonly waiting: boolean; readonly detail: string };
  /** Resolves when all three have finished what was under way. */
  stop(): Promise<void>;
  /** Rejects when one of them fails; the others are stopped then. */
  readonly ended: Promise<void>;
}

export function startUniverse(connection: Connection, plan: WorkPlan, universe: UniverseConfig, context: ProcessContext, onReport: () => void): UniverseRun {
  const abort = new AbortController();
  const jobs = new Map<Job, JobContext>(JOBS.map((job) => [job, createJobContext(context, job, universe.name, abort.signal, onReport)]));
  const run: Readonly<Record<Job, (job: JobContext) => Promise<void>>> = {
    features: (job) => runFeatures(connection, plan, universe, job),
    inference: (job) => runInference(connection, plan, universe, job, wallClock),
    outcomes: (job) => runOutcomes(connection, universe, job),
  };
  const runJob = async (name: Job, job: JobContext): Promise<void> => {
    try {
      await run[name](job);
    } catch (error) {
      const wasStopped = abort.signal.aborted && error instanceof RetryError;
      abort.abort();
      context.countFenced(error);
      if (!wasStopped) throw error;
    } finally {
      job.end();
    }
  };
  const running = [...jobs].map(([name, job]) => runJob(name, job));
  const ended = Promise.allSettled(running).then((results) => {
    const failed = results.find((result) => result.status === 'rejected');
    if (failed !== undefined) throw failed.reason;
  });
  return {
    ended,
    describe: () => ({ waiting: [...jobs.values()].some((job) => job.state() !== 'running'), detail: `${universe.name}: ${jobs.get('inference')!.detail() || 'starting'}` }),
    async stop() {
      abort.abort();
      await ended.catch(() => undefined);
    },
  };
}
