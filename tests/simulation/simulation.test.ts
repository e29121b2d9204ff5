/**
 * Whatever is lost, late, doubled, cut off, killed or frozen, the final streams and store are those of the calm run.
 * Each seed is a run of its own. To see one again: SEED=17 with this file alone.
 */
import { queryObjects } from 'node:v8';
import { Registry } from 'prom-client';
import { beforeAll, describe, expect, it } from 'vitest';
import { CALM_PLAN, makePlan } from './plan.ts';
import { SERVICES } from './services.ts';
import { difference, type RunResult, simulate } from './simulate.ts';

const ONE = process.env['SEED'];
const RUNS = process.env['FORETICK_FULL'] === '1' ? 6_000 : 300;
const AT_ONCE = 100;

describe('the pipeline, simulated', () => {
  let calm: RunResult;
  beforeAll(async () => void (calm = await simulate(CALM_PLAN, null)));

  const wrongWith = async (seed: number): Promise<string | null> => {
    const run = await simulate(makePlan(seed, calm.events), calm.content);
    const wrong = run.failures[0] ?? difference(calm.content, run.content);
    return wrong === null ? null : `seed ${seed}, after ${run.events} events and ${Math.round(run.virtualMs)} ms: ${wrong.slice(0, 2_000)}\n  plan: ${JSON.stringify(makePlan(seed, calm.events))}`;
  };

  it('runs calmly to the end: every frame has its prediction and its outcome', () => {
    expect(calm.failures).toEqual([]);
    expect([calm.content['FEATURES']!.length, calm.content['PREDICTIONS']!.length, calm.content['store: models']!.length]).toEqual([30, 30, 1]);
    expect(calm.content['OUTCOMES']!.filter((line) => line.includes(' outcomes.u '))).toHaveLength(30);
    expect(calm.content['store: predictions with outcomes']!.filter((line) => !line.includes('"realisedBps":null')).length).toBeGreaterThan(60);
  });

  it('notices one message that is missing, one that is too many, and one that differs', () => {
    const frames = calm.content['FEATURES']!;
    for (const other of [frames.slice(0, -1), [...frames, frames[0]!], frames.with(7, frames[8]!)]) expect(difference(calm.content, { ...calm.content, FEATURES: other })).toMatch(/^FEATURES/);
  });

  it('is the same for the same seed', async () => {
    const plan = makePlan(10, calm.events);
    const [first, second] = [await simulate(plan, calm.content), await simulate(plan, calm.content)];
    expect([second.events, second.virtualMs]).toEqual([first.events, first.virtualMs]);
  });

  it('keeps nothing of the runs that are over, calm or not', async () => {
    // A run's services have a registry each; what the hooks of the last one hold stays until the next.
    const registries = (): number => Number(queryObjects(Registry, { format: 'count' }));
    const before = registries();
    const plans = [CALM_PLAN, CALM_PLAN, CALM_PLAN, ...[1, 2, 3, 4, 5].map((seed) => makePlan(seed, calm.events)), CALM_PLAN];
    for (const plan of plans) await simulate(plan, plan === CALM_PLAN ? null : calm.content);
    expect(registries() - before).toBeLessThanOrEqual(2 * Object.keys(SERVICES).length);
  });

  const seeds = ONE === undefined ? Array.from({ length: RUNS }, (_, i) => i + 1) : [Number(ONE)];
  const groups = Array.from({ length: Math.ceil(seeds.length / AT_ONCE) }, (_, i) => seeds.slice(i * AT_ONCE, (i + 1) * AT_ONCE));
  it.each(groups.map((group) => [group[0]!, group.at(-1)!, group] as const))('ends as the calm run does, seeds %i to %i', async (_first, _last, group) => {
    const startedMs = performance.now();
    const wrong: string[] = [];
    for (const seed of group) {
      const found = await wrongWith(seed);
      if (found !== null) wrong.push(found);
    }
    if (group.length === AT_ONCE) console.info(`simulation: ${Math.round((group.length / (performance.now() - startedMs)) * 60_000)} runs a minute on one core`);
    expect(wrong).toEqual([]);
  }, 600_000);
});
