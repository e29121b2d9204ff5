import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import type { RunState } from '../../runtime/supervisor.ts';
import { cursorName, type Job } from '../../worker/jobContext.ts';
import { isMadeUpFor, type Victim } from './recovery.ts';

const servers: Server[] = [];
/** The page of a service at work; `jobs` are those of a worker. */
async function page(jobs: readonly (readonly [Job, string])[]): Promise<string> {
  const cursors = Object.fromEntries(jobs.map(([job, universe]) => [cursorName(job, universe, 'TICKS-sim'), 7]));
  const server = createServer((_request, response) => void response.end(JSON.stringify({ cursors })));
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/metrics`;
}
const state = (...children: (readonly [name: string, pid: number | null, metricsUrl: string])[]): RunState =>
  ({ v: 1, pid: 1, dataDir: '', address: '', natsUrl: '', children: children.map(([name, pid, metricsUrl]) => ({ name, pid, restarts: 0, metricsUrl })) });

/** A page that a busy machine answers too late says nothing, so it is asked again. */
const becomes = (victim: Victim, now: RunState, why: string) => expect.poll(() => isMadeUpFor(victim, now), { message: why, timeout: 20_000 }).toBe(true);

describe('what was killed', () => {
  afterEach(() => servers.splice(0).forEach((server) => server.close()));
  const victim = { service: 'worker-1', pid: 10, universes: ['a', 'b'] };

  it('is made up for when others work on all universes of a worker, whoever they are', { timeout: 60_000 }, async () => {
    const [a, b, both] = await Promise.all([page([['features', 'a'], ['inference', 'b']]), page([['features', 'b']]), page([['features', 'a'], ['features', 'b']])]);
    expect(await isMadeUpFor(victim, state(['worker-1', null, ''], ['worker-2', 20, a])), 'b has a forecast to come, and nobody who makes its frames').toBe(false);
    expect(await isMadeUpFor(victim, state(['worker-1', 10, both], ['worker-2', 20, a])), 'its own page, still there').toBe(false);
    await becomes(victim, state(['worker-1', null, ''], ['worker-2', 20, a], ['worker-3', 30, b]), 'two others');
    await becomes(victim, state(['worker-1', 11, both]), 'its own successor');
  });

  it('is made up for by a new process that is ready, for a service and for a worker that had nothing', { timeout: 60_000 }, async () => {
    const ready = await page([]);
    for (const service of ['latest', 'worker-1']) {
      expect(await isMadeUpFor({ service, pid: 10, universes: [] }, state([service, 10, ready], ['worker-2', 20, ready])), service).toBe(false);
      expect(await isMadeUpFor({ service, pid: 10, universes: [] }, state([service, 11, ''])), service).toBe(false);
      await becomes({ service, pid: 10, universes: [] }, state([service, 11, ready]), service);
    }
  });

  it('is not made up for while nothing is known of the run', async () => {
    expect(await isMadeUpFor(victim, null)).toBe(false);
  });
});
