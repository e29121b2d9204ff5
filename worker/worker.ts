/**
 * A worker: claims universes by leases and works on them, a fair share of what all the workers have.
 *
 * 1. Each round renews what is held, gives back what is too much, and claims what is free. A universe that is given back
 *    is finished first and released then, so that the next holder finds everything stored.
 * 2. Who finds another worker in its lease, or whose write is refused by the server, stood still for longer than a lease:
 *    it leaves with exit code 3 (FencedError). Whoever started it starts it anew.
 * 3. Any other failure of a universe ends the process too, with its own exit code: whoever started it decides.
 * 4. After a time without a server nothing is claimed for the length of a lease, so that those who held go on holding.
 */
import { randomUUID } from 'node:crypto';
import { Counter, Gauge } from 'prom-client';
import { wallClock } from '../runtime/clock.ts';
import type { WorkPlan } from '../runtime/config.ts';
import { FencedError, messageOf } from '../runtime/errors.ts';
import { createFailure } from '../runtime/failure.ts';
import type { Log } from '../runtime/log.ts';
import type { ProcessContext } from '../runtime/service.ts';
import type { Connection } from '../streams/edge/connect.ts';
import { LEASE_MS, type Leases, openLeases } from '../streams/edge/leases.ts';
import { lastOfSubject } from '../streams/edge/stored.ts';
import { FEATURES } from '../streams/streams.ts';
import { featuresSubject } from '../streams/subjects.ts';
import { decide, universeKey, workerId, workerKey } from './share.ts';
import { startUniverse, type UniverseRun } from './universeRun.ts';

const ROUND_MS = 500;

export async function runWorker(connection: Connection, plan: WorkPlan, context: ProcessContext): Promise<void> {
  const id = workerId(wallClock.nowUs(), randomUUID());
  const leases = await openLeases(connection, `${context.name} ${id}`);
  const held = new Map<string, UniverseRun>();
  const leaving = new Set<string>();
  const metrics = createMetrics(context, held);
  const failure = createFailure();

  const say = (): void => {
    if (!context.signal.aborted) context.report(stateOf([...held.values()]));
  };
  const drop = async (name: string): Promise<void> => {
    await held.get(name)?.stop();
    held.delete(name);
    leaving.delete(name);
    context.log.info({ universe: name }, 'universe given up');
    say();
  };
  const start = async (name: string): Promise<void> => {
    const universe = plan.universes.find((candidate) => candidate.name === name)!;
    if ((await lastOfSubject(connection, FEATURES, featuresSubject(name))) !== null) metrics.takeovers.inc();
    context.log.info({ universe: name }, 'universe claimed');
    const run = startUniverse(connection, plan, universe, context, say);
    run.ended.catch(failure.fail);
    held.set(name, run);
    say();
  };
  const round = createRound({ plan, id, leases, held, leaving, drop, start, log: context.log, failed: failure.fail });
  let awayMs = -LEASE_MS;

  try {
    while (!context.signal.aborted) {
      const mayClaim = performance.now() - awayMs >= LEASE_MS;
      await failure.during(round(mayClaim).then(say).catch((error: unknown) => {
        if (error instanceof FencedError) throw error;
        awayMs = performance.now();
        context.log.warn(`leases can't be renewed at the moment: ${messageOf(error)}`);
      }));
      await failure.during(wallClock.sleep(ROUND_MS, context.signal));
    }
  } finally {
    await giveUp(held, id, leases, drop);
  }
}

function stateOf(runs: readonly UniverseRun[]): { state: 'waiting' | 'running'; detail: string } {
  if (runs.length === 0) return { state: 'waiting', detail: 'holds no universe; others have them' };
  const said = runs.map((run) => run.describe());
  return { state: said.some(({ waiting }) => waiting) ? 'waiting' : 'running', detail: said.map(({ detail }) => detail).join('; ') };
}

/** What is still held is renewed until what is under way there is finished: a lapsed lease would let another worker begin beside it. */
async function giveUp(held: ReadonlyMap<string, unknown>, id: string, leases: Leases, drop: (name: string) => Promise<void>): Promise<void> {
  const renewing = setInterval(() => void Promise.all([...held.keys()].map((name) => leases.hold(universeKey(name)))).catch(() => undefined), ROUND_MS);
  await Promise.all([...held.keys()].map(async (name) => {
    await drop(name);
    await leases.release(universeKey(name));
  }).concat(leases.release(workerKey(id)))).catch(() => undefined); // they lapse by themselves
  clearInterval(renewing);
}

interface RoundParts {
  readonly plan: WorkPlan; readonly id: string; readonly leases: Leases;
  readonly held: ReadonlyMap<string, UniverseRun>;
  /** Being finished; still renewed. */
  readonly leaving: Set<string>;
  drop(name: string): Promise<void>;
  start(name: string): Promise<void>;
  readonly log: Log;
  failed(error: unknown): void;
}

export function createRound({ plan, id, leases, held, leaving, drop, start, log, failed }: RoundParts): (mayClaim: boolean) => Promise<void> {
  const names = plan.universes.map(({ name }) => name);
  return async (mayClaim) => {
    await leases.hold(workerKey(id));
    await Promise.all([...held.keys()].map(async (name) => {
      if (!(await leases.hold(universeKey(name))) && held.has(name)) throw new FencedError(`universe ${name}: another worker holds its lease`, 'This worker stood still for longer than a lease. Its universes are in other hands; it may be started again.');
    }));
    const keys = await leases.keys();
    const { claim, release } = decide(id, names, [...held.keys()].filter((name) => !leaving.has(name)), keys);
    for (const name of release) {
      leaving.add(name);
      // Others get it a little later when the server doesn't answer: no reason to end all that is held.
      const release = (): Promise<void> => leases.release(universeKey(name)).catch((error: unknown) => log.warn({ universe: name }, `its lease was not given back, and lapses by itself: ${messageOf(error)}`));
      drop(name).then(release).catch(failed);
    }
    if (!mayClaim) return;
    // Together: one after the other, six took 2.4 s on a busy machine, and nothing is renewed meanwhile.
    const claims = await Promise.allSettled(claim.map(async (name) => ((await leases.hold(universeKey(name))) ? start(name) : undefined)));
    const refused = claims.find((result) => result.status === 'rejected');
    if (refused !== undefined) throw refused.reason;
  };
}

function createMetrics({ metrics }: ProcessContext, held: ReadonlyMap<string, unknown>) {
  const registers = [metrics];
  new Gauge({ name: 'foretick_worker_universes', help: 'Universes held', registers, collect() { this.set(held.size); } });
  return { takeovers: new Counter({ name: 'foretick_worker_takeovers_total', help: 'Universes claimed that somebody had worked on before', registers }) };
}
