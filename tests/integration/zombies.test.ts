/**
 * Owners that stand still (SIGSTOP), others that take over, and owners that go on (SIGCONT) as if nothing had happened:
 * what they write then is refused by the server, counted, and they leave with exit code 3. The sums are those of a calm run.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Crew, type Fleet, openFleet } from '../support/fleet.ts';
import { natsServerPath } from '../support/natsServer.ts';
import { until } from '../support/pipeline.ts';

const SERVICES = ['source', 'features', 'inference', 'outcomes'];
const MINUTES = 3;
const SPEED = 5;
/** Frames that the others are ahead when the zombies wake. */
const AHEAD = 10;

async function fencedTotal(crew: Crew, name: string): Promise<number> {
  const text = await (await fetch(crew.supervisor.health(name)!.metricsUrl)).text();
  return Number(/^foretick_fenced_total\{[^}]*\} (\d+)/m.exec(text)?.[1]);
}

describe.skipIf(natsServerPath() === null)('zombies', { timeout: 240_000 }, () => {
  let expected: Readonly<Record<string, unknown>>;
  let fleet: Fleet;
  beforeAll(async () => {
    const calm = await openFleet(2, MINUTES, 2);
    const crew = calm.crew();
    for (const name of ['source', 'worker-1']) crew.start(name);
    expected = await calm.sums();
    await calm.stop();
  }, 240_000);
  afterAll(() => fleet?.stop());

  it('a worker leaves with 3 when others have its universes, and the metric says so after its restart', async () => {
    fleet = await openFleet(2, MINUTES, 2);
    const [one, other] = [fleet.crew(), fleet.crew()];
    one.start('source', SPEED);
    one.start('worker-1');
    await until('the first has begun', async () => (await fleet.frames()) >= 3);
    other.start('worker-2');
    await until('the second is ready', () => other.supervisor.health('worker-2')?.state === 'running');
    one.signal('worker-1', 'SIGSTOP');
    const before = await fleet.frames();
    await until('the others are ahead', async () => (await fleet.frames()) >= before + AHEAD);
    one.signal('worker-1', 'SIGCONT');
    await until('the zombie leaves', () => one.failures.length > 0);
    expect(one.failures[0]).toMatchObject({ name: 'worker-1', exit: 'exit 3' });
    await until('it is started again', () => one.supervisor.health('worker-1') !== null);
    expect(await fencedTotal(one, 'worker-1')).toBeGreaterThan(0);
    await one.end('source');
    one.start('source');
    expect(await fleet.sums()).toEqual(expected);
  });
});

describe.skipIf(natsServerPath() === null)('zombies among single services', { timeout: 240_000 }, () => {
  it('each leaves with 3, and nothing it wrote late is stored', async () => {
    const calm = await openFleet(2, MINUTES, 1);
    const crew = calm.crew();
    for (const name of SERVICES) crew.start(name);
    const expected = await calm.sums();
    await calm.stop();

    const fleet = await openFleet(2, MINUTES, 1);
    try {
      const [zombies, others] = [fleet.crew({ once: true }), fleet.crew()];
      for (const name of SERVICES) zombies.start(name, SPEED);
      await until('they have begun', async () => (await fleet.frames()) >= 5);
      for (const name of SERVICES) zombies.signal(name, 'SIGSTOP');
      const before = await fleet.frames();
      for (const name of SERVICES) others.start(name, SPEED);
      await until('the others are ahead', async () => (await fleet.frames()) >= before + AHEAD);
      for (const name of SERVICES) zombies.signal(name, 'SIGCONT');
      await until('all of them leave', () => zombies.failures.length >= SERVICES.length);
      expect(zombies.failures.map(({ name, exit }) => [name, exit]).toSorted()).toEqual(SERVICES.map((name) => [name, 'exit 3']).toSorted());
      for (const { message } of zombies.failures) expect(message).toMatch(/another writer|somebody else|was expected/);
      await others.end('source');
      others.start('source');
      expect(await fleet.sums()).toEqual(expected);
    } finally {
      await fleet.stop();
    }
  });
});
