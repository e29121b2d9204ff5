/** The processes of a simulated run: each an instance of a service, started again when it has left or died, as the supervisor would. */
import { FencedError, RetryError } from '../../runtime/errors.ts';
import type { HistoryStore } from '../../store/history.ts';
import { testContext } from '../support/context.ts';
import { type Link, openLink } from './link.ts';
import type { MemoryJetStream } from './memoryJetStream.ts';
import type { Plan } from './plan.ts';
import { SERVICES, type ServiceName, type World } from './services.ts';
import type { Process, VirtualTime } from './virtualTime.ts';

export interface Instance extends Process { readonly name: ServiceName; readonly link: Link; readonly abort: AbortController }
export interface Simulation {
  readonly plan: Plan;
  readonly time: VirtualTime;
  readonly server: MemoryJetStream;
  readonly store: HistoryStore;
  random(): number;
  /** The dead ones too. */
  readonly instances: Instance[];
  /** Why the run can't be right, whatever is stored. */
  readonly failures: string[];
  fenced: number;
}

const START_AGAIN_MS = 20;

export function start(simulation: Simulation, name: ServiceName): void {
  const { plan, time, server, random } = simulation;
  const abort = new AbortController();
  const context = testContext(name, abort.signal);
  const process = { name, dead: false, frozen: false };
  const link = openLink({ server, owner: process, now: time.now, schedule: time.schedule, random, faults: plan.faults, latencyMs: plan.latencyMs, log: context.log });
  const instance: Instance = Object.assign(process, { link, abort });
  simulation.instances.push(instance);
  const wall = { nowUs: () => Math.floor(time.now() * 1_000), sleep: (ms: number) => new Promise<void>((resolve) => void time.schedule(ms, resolve, instance)) };
  const world: World = { journal: link, context, wall, store: faultyStore(simulation, instance), chunk: plan.chunk, snapshotEveryFrames: plan.snapshotEveryFrames };
  time.schedule(0, () => void SERVICES[name](world).then(() => leave(simulation, instance, null), (error: unknown) => leave(simulation, instance, error)), instance);
}

/** `error` null: its work is over. */
function leave(simulation: Simulation, instance: Instance, error: unknown): void {
  if (instance.dead) return;
  instance.dead = true;
  if (error instanceof FencedError) simulation.fenced += 1;
  else if (error !== null && !(error instanceof RetryError)) simulation.failures.push(`${instance.name}: ${error instanceof Error ? error.stack ?? error.message : String(error)}`);
  const finished = instance.name === 'trainer' && error === null;
  if (!finished) startAgain(simulation, instance.name);
}

export function crash(simulation: Simulation, instance: Instance): void {
  instance.dead = true;
  startAgain(simulation, instance.name);
}

/** Only where none of that name runs. */
function startAgain(simulation: Simulation, name: ServiceName): void {
  simulation.time.schedule(START_AGAIN_MS, () => {
    if (!simulation.instances.some((one) => one.name === name && !one.dead)) start(simulation, name);
  }, null);
}

export function endAll({ instances }: Simulation): void {
  for (const one of instances) {
    one.dead = true;
    // Node holds a composite signal that is listened to until it aborts, and the recorder's held the whole world: 2 MB a run.
    one.abort.abort();
  }
}

/** Fails before or after the write is done, as a store that is away does. A dead process writes nothing. */
function faultyStore({ store, plan: { store: chances }, random }: Simulation, owner: Process): HistoryStore {
  return {
    ...store,
    async write(batch) {
      if (owner.dead) return new Promise(() => undefined);
      if (random() < chances.before) throw new RetryError('the store is away');
      await store.write(batch);
      if (random() < chances.after) throw new RetryError('the store went away');
    },
    close: async () => undefined,
  };
}
