/**
 * Several universes on workers that are killed, stopped and gone on: the sums are those of one worker. How long a
 * rebalance takes is printed. With FORETICK_FULL=1 longer, and with more wounds.
 */
import { describe, expect, it } from 'vitest';
import { createRandom } from '../../quant/random.ts';
import { type Crew, type Fleet, openFleet } from '../support/fleet.ts';
import { natsServerPath } from '../support/natsServer.ts';
import { sleep, until } from '../support/pipeline.ts';

const FULL = process.env['FORETICK_FULL'] === '1';
const UNIVERSES = 8;
const MINUTES = FULL ? 10 : 1.5;
const WOUNDS = FULL ? 40 : 5;
/** Longer than a lease. */
const STILL_MS = 4_000;
const LIMIT = { timeout: FULL ? 1_200_000 : 240_000 };

async function held(crew: Crew, name: string): Promise<number> {
  const url = crew.supervisor.health(name)?.metricsUrl;
  if (url === undefined) return 0;
  try {
    return Number(/^foretick_worker_universes\{[^}]*\} (\d+)/m.exec(await (await fetch(url, { signal: AbortSignal.timeout(1_000) })).text())?.[1] ?? 0);
  } catch {
    return 0;
  }
}

/** Seconds until these workers hold so many, the fewest first. */
async function secondsUntil(what: string, crew: Crew, names: readonly string[], counts: readonly number[]): Promise<number> {
  const fromMs = performance.now();
  await until(what, async () => (await Promise.all(names.map((name) => held(crew, name)))).toSorted().join() === counts.join());
  const seconds = (performance.now() - fromMs) / 1_000;
  console.log(`rebalance, ${what}: ${seconds.toFixed(1)} s`);
  return seconds;
}

async function calmSums(): Promise<Readonly<Record<string, unknown>>> {
  const fleet = await openFleet(UNIVERSES, MINUTES, UNIVERSES);
  try {
    const crew = fleet.crew();
    for (const name of ['source', 'worker-1']) crew.start(name);
    return await fleet.sums();
  } finally {
    await fleet.stop();
  }
}

/** Seeded: kill -9, or standing still for longer than a lease. */
async function wound(crew: Crew, names: readonly string[], fleet: Fleet): Promise<string[]> {
  const random = createRandom(11);
  const struck: string[] = [];
  while (struck.length < WOUNDS && (await fleet.frames()) < MINUTES * 60 - 5) {
    await sleep(300 + 700 * random.next());
    const name = names[Math.floor(random.next() * names.length)]!;
    if (crew.supervisor.pid(name) === null) continue;
    const kill = random.next() < 0.6;
    crew.signal(name, kill ? 'SIGKILL' : 'SIGSTOP');
    struck.push(`${kill ? 'killed' : 'stopped'} ${name}`);
    if (kill) continue;
    await sleep(STILL_MS);
    crew.signal(name, 'SIGCONT');
  }
  return struck;
}

describe.skipIf(natsServerPath() === null)('workers', LIMIT, () => {
  it('share fairly whoever comes and goes, and whatever is killed: the sums are those of one worker', async () => {
    const expected = await calmSums();
    const fleet = await openFleet(UNIVERSES, MINUTES, UNIVERSES);
    try {
      const crew = fleet.crew();
      crew.start('source', 3);
      for (const name of ['worker-1', 'worker-2']) crew.start(name);
      await secondsUntil('two workers started', crew, ['worker-1', 'worker-2'], [4, 4]);
      crew.start('worker-3');
      await until('the third is up', () => crew.supervisor.health('worker-3') !== null);
      const all = ['worker-1', 'worker-2', 'worker-3'];
      const seconds = [await secondsUntil('one added', crew, all, [2, 3, 3])];
      await crew.end('worker-1');
      seconds.push(await secondsUntil('one killed', crew, ['worker-2', 'worker-3'], [4, 4]));
      crew.start('worker-1');
      await secondsUntil('it is back', crew, all, [2, 3, 3]);
      await crew.supervisor.stop(['worker-2'], 8_000);
      seconds.push(await secondsUntil('one left in order', crew, ['worker-1', 'worker-3'], [4, 4]));
      crew.start('worker-2');
      const struck = await wound(crew, all, fleet);
      await crew.end('source');
      crew.start('source');
      const sums = await fleet.sums();
      console.log(`${struck.join(', ')}; the slowest rebalance took ${Math.max(...seconds).toFixed(1)} s`);
      expect(sums).toEqual(expected);
    } finally {
      await fleet.stop();
    }
  });

  it('are ready also where nothing is left for them, and say so', async () => {
    const fleet = await openFleet(1, MINUTES, 1);
    try {
      const crew = fleet.crew();
      crew.start('worker-1');
      await until('the first has it', async () => (await held(crew, 'worker-1')) === 1);
      crew.start('worker-2');
      await until('the second is ready', async () => crew.supervisor.health('worker-2')?.state === 'waiting');
      expect(crew.supervisor.health('worker-2')?.detail).toBe('holds no universe; others have them');
      expect(await held(crew, 'worker-1')).toBe(1);
    } finally {
      await fleet.stop();
    }
  });
});
