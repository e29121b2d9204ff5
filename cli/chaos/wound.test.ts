import { afterEach, describe, expect, it, vi } from 'vitest';
import { createRandom } from '../../quant/random.ts';
import { isWorker } from '../pipeline.ts';
import type { Pipeline } from './pipeline.ts';
import { newWounds, wound, type Wounds } from './wound.ts';

const KILLS = 60;
/** What every worker of the pipeline says it works on. */
const UNIVERSES = ['a', 'b'];

/** A pipeline without processes: whoever is killed, or ordered to die at a point, is there again with the next process id. */
function fakePipeline(startsInMs: number | null) {
  const names = new Map<number, string>();
  const pids = new Map<string, number>();
  const struck: string[] = [];
  const orders: { service: string; point: string }[] = [];
  const pidOf = (service: string): number => {
    if (!pids.has(service)) pids.set(service, 1_000_000 + names.size);
    names.set(pids.get(service)!, service);
    return pids.get(service)!;
  };
  const end = (pid: number): void => void pids.delete(names.get(pid)!);
  vi.spyOn(process, 'kill').mockImplementation((pid, signal) => {
    if (pids.get(names.get(pid) ?? '') !== pid) throw new Error('no such process');
    if (signal === 'SIGKILL') {
      struck.push(names.get(pid)!);
      end(pid);
    }
    return true;
  });
  const pipeline: Pipeline = {
    isUp: () => true, pid: pidOf,
    order(service, { point }) {
      orders.push({ service, point });
      end(pidOf(service));
    },
    universes: async (service) => (isWorker(service) ? UNIVERSES : null),
    recovered: async ({ universes }) => (universes.length > 0 ? 3_000 : 500),
    started: async () => startsInMs, killSupervisor: async () => undefined, end: async () => ({ summary: null, errors: '' }),
  };
  return { pipeline, struck, orders };
}

async function wounded(workers: number, startsInMs: number | null = 4_000): Promise<{ struck: readonly string[]; orders: readonly { service: string; point: string }[]; wounds: Wounds }> {
  vi.useFakeTimers({ toFake: ['setTimeout'] });
  const { pipeline, struck, orders } = fakePipeline(startsInMs);
  const wounds = newWounds();
  const attack = { random: createRandom(3), wounds, kills: KILLS, workers };
  let how = '';
  const run = (async () => {
    while (how !== 'enough') how = await wound(pipeline, { ...attack, again: how !== '' });
  })();
  while (how !== 'enough') await vi.advanceTimersByTimeAsync(100);
  await run;
  return { struck, orders, wounds };
}

const ownerOf = (point: string): string => point.slice(0, point.indexOf('.'));
const SHARED = ['features', 'inference', 'outcomes'];

describe('wounds', () => {
  afterEach(() => {
    vi.useRealTimers();
    vi.restoreAllMocks();
  });

  it('go to the workers where they do the work: each is killed, and each dies at points of all three services', async () => {
    const { struck, orders, wounds } = await wounded(3);
    for (const { service, point } of orders) expect(service, point).toMatch(SHARED.includes(ownerOf(point)) ? /^worker-[123]$/ : new RegExp(`^${ownerOf(point)}$`));
    expect([...new Set(orders.map(({ point }) => ownerOf(point)))]).toEqual(expect.arrayContaining(SHARED));
    for (const worker of ['worker-1', 'worker-2', 'worker-3']) expect([struck.includes(worker), orders.some(({ service }) => service === worker)], worker).toEqual([true, true]);
    expect(struck.filter((name) => SHARED.includes(name))).toEqual([]);
    // What a killed worker leaves is timed apart from a process that is ready again.
    expect([new Set(wounds.takeovers.map(({ ms }) => ms)), new Set(wounds.recoveries.map(({ ms }) => ms))]).toEqual([new Set([3_000]), new Set([500])]);
    expect(wounds.takeovers.map(({ what }) => what).filter((what) => !isWorker(what) && !SHARED.includes(ownerOf(what)))).toEqual([]);
  });

  it('go to the services themselves where there are no workers', async () => {
    const { struck, orders, wounds } = await wounded(0);
    for (const { service, point } of orders) expect(service).toBe(ownerOf(point));
    expect(struck).toEqual(expect.arrayContaining(SHARED));
    expect(wounds.takeovers).toEqual([]);
  });

  it('of services that were killed while all started are not timed, the restart is, where a supervisor was killed before', async () => {
    const { wounds } = await wounded(0);
    expect(wounds.restarts).toEqual(Array.from({ length: wounds.kills['supervisor']! }, () => ({ what: 'supervisor', ms: 4_000 })));
    const ended = (await wounded(0, null)).wounds;
    expect([ended.recoveries, ended.restarts]).toEqual([[], []]);
  });
});
