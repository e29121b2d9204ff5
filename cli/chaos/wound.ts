/** Seeded faults against a running pipeline, until it ends. */
import { performance } from 'node:perf_hooks';
import type { Random } from '../../quant/random.ts';
import { CRASH_POINTS, type CrashService } from '../../runtime/crashPoint.ts';
import { JOBS } from '../../worker/jobContext.ts';
import { NATS_SERVER, servicesOf, workerNames } from '../pipeline.ts';
import type { Pipeline } from './pipeline.ts';
import type { Victim } from './recovery.ts';

/** A pause before each fault, ms. */
const PAUSE_MS = { least: 50, most: 500 };
/** A crash point that isn't reached in this time is forgotten; it may still strike later, which is as good. */
const POINT_LIMIT_MS = 1_500;
/** Share of faults that don't wait until the service is back: the next one may hit another, or the same at its start. */
const IMPATIENT = 0.3;
const SUPERVISOR_SHARE = 0.02;
const POINT_SHARE = 0.5;
const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

export interface Recovery { readonly what: string; readonly ms: number }
export interface Wounds {
  readonly kills: Record<string, number>;
  /** Of processes, but for those that were killed while all started. */
  readonly recoveries: Recovery[];
  /** Of all of it, by a new supervisor: until each service was ready once. */
  readonly restarts: Recovery[];
  /** Of a killed worker's universes, by whoever works on them then. */
  readonly takeovers: Recovery[];
}
export interface Attack { readonly random: Random; readonly wounds: Wounds; /** Of all runs together. */ readonly kills: number; readonly workers: number; /** A supervisor was killed before. */ readonly again: boolean }
export const newWounds = (): Wounds => ({ kills: {}, recoveries: [], restarts: [], takeovers: [] });
export const killsOf = (wounds: Wounds): number => Object.values(wounds.kills).reduce((sum, n) => sum + n, 0);

/** Resolves when the pipeline has ended, when its supervisor was killed ('supervisor'), or when there were as many kills as are wanted ('enough'). */
export async function wound(pipeline: Pipeline, attack: Attack): Promise<'ended' | 'supervisor' | 'enough'> {
  const { random, wounds } = attack;
  let started = false;
  void pipeline.started([...servicesOf(attack), NATS_SERVER]).then((ms) => {
    started = ms !== null;
    if (attack.again && ms !== null) wounds.restarts.push({ what: 'supervisor', ms });
  });
  while (killsOf(wounds) < attack.kills) {
    await sleep(PAUSE_MS.least + random.next() * (PAUSE_MS.most - PAUSE_MS.least));
    if (!pipeline.isUp()) return 'ended';
    if (random.next() < SUPERVISOR_SHARE) {
      count(wounds, 'supervisor');
      await pipeline.killSupervisor();
      return 'supervisor';
    }
    const struck = random.next() < POINT_SHARE ? await atPoint(pipeline, attack) : await byPid(pipeline, attack);
    if (struck === null) continue;
    count(wounds, struck.what);
    const patient = random.next() >= IMPATIENT;
    if (!patient) continue;
    const wasStarted = started;
    const ms = await pipeline.recovered(struck, struck.atMs);
    if (ms !== null && wasStarted) (struck.universes.length > 0 ? wounds.takeovers : wounds.recoveries).push({ what: struck.what, ms });
  }
  return 'enough';
}

interface Struck extends Victim { readonly what: string; readonly atMs: number }

const pick = <T>(items: readonly T[], random: Random): T => items[Math.floor(random.next() * items.length)]!;
const count = (wounds: Wounds, what: string): void => void (wounds.kills[what] = (wounds.kills[what] ?? 0) + 1);

async function byPid(pipeline: Pipeline, { random, workers }: Attack): Promise<Struck | null> {
  const service = pick([...servicesOf({ workers }), NATS_SERVER], random);
  const universes = (await pipeline.universes(service)) ?? [];
  const pid = pipeline.pid(service);
  if (pid === null || !strike(pid)) return null;
  return { service, what: service, pid, universes, atMs: performance.now() };
}

async function atPoint(pipeline: Pipeline, { random, workers }: Attack): Promise<Struck | null> {
  const owner = pick(Object.keys(CRASH_POINTS) as CrashService[], random);
  const point = pick<(typeof CRASH_POINTS)[CrashService][number]>(CRASH_POINTS[owner], random);
  const service = workers > 0 && JOBS.some((job) => job === owner) ? pick(workerNames(workers), random) : owner;
  const pid = pipeline.pid(service);
  if (pid === null) return null;
  let universes: readonly string[] = [];
  pipeline.order(service, { type: 'crash', point, after: Math.floor(random.next() * 5) });
  for (let waited = 0; waited < POINT_LIMIT_MS && pipeline.isUp(); waited += 10) {
    universes = (await pipeline.universes(service)) ?? universes; // until its end: workers give and take meanwhile
    await sleep(10);
    if (!isAlive(pid)) return { service, what: point, pid, universes, atMs: performance.now() };
  }
  return null;
}

function strike(pid: number): boolean {
  try {
    return process.kill(pid, 'SIGKILL');
  } catch {
    return false;
  }
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
