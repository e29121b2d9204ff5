/** Seeded faults against a running pipeline, until it ends. */
import { performance } from 'node:perf_hooks';
import type { Random } from '../../quant/random.ts';
import { CRASH_POINTS, type CrashService } from '../../runtime/crashPoint.ts';
import { NATS_SERVER, servicesOf } from '../pipeline.ts';
import type { Pipeline } from './pipeline.ts';

/** A pause before each fault, ms. */
const PAUSE_MS = { least: 50, most: 500 };
/** A crash point that isn't reached in this time is forgotten; it may still strike later, which is as good. */
const POINT_LIMIT_MS = 1_500;
/** Share of faults that don't wait until the service is back: the next one may hit another, or the same at its start. */
const IMPATIENT = 0.3;
const SUPERVISOR_SHARE = 0.02;
const POINT_SHARE = 0.5;
const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

export interface Wounds { readonly kills: Record<string, number>; readonly recoveries: { readonly what: string; readonly ms: number }[] }
export const newWounds = (): Wounds => ({ kills: {}, recoveries: [] });
export const killsOf = (wounds: Wounds): number => Object.values(wounds.kills).reduce((sum, n) => sum + n, 0);

/** Resolves when the pipeline has ended, when its supervisor was killed ('supervisor'), or after `most` kills ('enough'). */
export async function wound(pipeline: Pipeline, random: Random, wounds: Wounds, most: number): Promise<'ended' | 'supervisor' | 'enough'> {
  while (killsOf(wounds) < most) {
    await sleep(PAUSE_MS.least + random.next() * (PAUSE_MS.most - PAUSE_MS.least));
    if (!pipeline.isUp()) return 'ended';
    if (random.next() < SUPERVISOR_SHARE) {
      count(wounds, 'supervisor');
      await pipeline.killSupervisor();
      return 'supervisor';
    }
    const struck = random.next() < POINT_SHARE ? await atPoint(pipeline, random) : byPid(pipeline, random);
    if (struck === null) continue;
    count(wounds, struck.what);
    const patient = random.next() >= IMPATIENT;
    if (!patient) continue;
    const ms = await pipeline.recovered(struck.service, struck.pid, struck.atMs);
    if (ms !== null) wounds.recoveries.push({ what: struck.what, ms });
  }
  return 'enough';
}

interface Struck { readonly service: string; readonly what: string; readonly pid: number; readonly atMs: number }

const pick = <T>(items: readonly T[], random: Random): T => items[Math.floor(random.next() * items.length)]!;
const count = (wounds: Wounds, what: string): void => void (wounds.kills[what] = (wounds.kills[what] ?? 0) + 1);

function byPid(pipeline: Pipeline, random: Random): Struck | null {
  const service = pick([...servicesOf({ workers: 0 }), NATS_SERVER], random);
  const pid = pipeline.pid(service);
  if (pid === null || !strike(pid)) return null;
  return { service, what: service, pid, atMs: performance.now() };
}

async function atPoint(pipeline: Pipeline, random: Random): Promise<Struck | null> {
  const service = pick(Object.keys(CRASH_POINTS) as CrashService[], random);
  const point = pick<(typeof CRASH_POINTS)[CrashService][number]>(CRASH_POINTS[service], random);
  const pid = pipeline.pid(service);
  if (pid === null) return null;
  pipeline.order(service, { type: 'crash', point, after: Math.floor(random.next() * 5) });
  for (let waited = 0; waited < POINT_LIMIT_MS && pipeline.isUp(); waited += 10) {
    await sleep(10);
    if (!isAlive(pid)) return { service, what: point, pid, atMs: performance.now() };
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
