/**
 * One run of the pipeline under a plan: the services' own logic over links to a JetStream in memory, in virtual time.
 * It ends when streams and store hold what a calm run holds, and some time after, so that whatever comes too late is seen too.
 */
import { armCrashPoint, dieBy } from '../../runtime/crashPoint.ts';
import { FencedError, RetryError } from '../../runtime/errors.ts';
import { createRandom } from '../../quant/random.ts';
import type { HistoryStore } from '../../store/history.ts';
import { openStore } from '../../store/open.ts';
import { streamsFor } from '../../streams/streams.ts';
import { testContext } from '../support/context.ts';
import { contentOf, type Content, isComplete, storeContent } from './content.ts';
import { type Link, openLink } from './link.ts';
import { createMemoryJetStream } from './memoryJetStream.ts';
import type { Incident, Plan } from './plan.ts';
import { SERVICES, type ServiceName } from './services.ts';
import { config } from './tinyMarket.ts';
import { type Process, startVirtualTime, type VirtualTime } from './virtualTime.ts';

interface Instance extends Process { readonly name: ServiceName; readonly link: Link; readonly abort: AbortController; ended: boolean }
export interface RunResult { readonly content: Content; readonly events: number; readonly virtualMs: number; /** Why it can't be right, whatever is stored. */ readonly failures: readonly string[]; readonly fenced: number }

const START_AGAIN_MS = 20;
const QUIET_MS = 6_000;
/** A calm run takes this long; a run under faults ends when it holds the same. */
const CALM_MS = 20_000;
const TOO_LONG_MS = 30 * 60_000;
const CHECK_EVERY_EVENTS = 200;

class Killed extends Error {}

export async function simulate(plan: Plan, calm: Content | null): Promise<RunResult> {
  const time = startVirtualTime();
  const store = openStore(config.store.url);
  try {
    return await run(plan, calm, time, store);
  } finally {
    armCrashPoint({ type: 'crash', point: 'trainer.registry.before', after: Infinity }); // the simulated trainer never passes it
    time.end();
    await store.close();
  }
}

async function run(plan: Plan, calm: Content | null, time: VirtualTime, store: HistoryStore): Promise<RunResult> {
  const random = createRandom(plan.seed + 2 ** 40);
  const server = createMemoryJetStream();
  for (const spec of streamsFor([config.feed.name])) server.addStream(spec);
  const failures: string[] = [];
  const instances: Instance[] = [];
  let fenced = 0;

  const start = (name: ServiceName): void => {
    const abort = new AbortController();
    const base = testContext(name, abort.signal);
    const process: Process = { name, dead: false, frozen: false };
    const link = openLink({ server, owner: process, now: time.now, schedule: time.schedule, random: random.next, faults: plan.faults, latencyMs: plan.latencyMs, log: base.log });
    const instance = Object.assign(process, { link, abort, ended: false }) as Instance;
    instances.push(instance);
    const wall = { nowUs: () => Math.floor(time.now() * 1_000), sleep: (ms: number) => new Promise<void>((resolve) => void time.schedule(ms, resolve, process)) };
    const world = { journal: link, context: base, wall, store: faultyStore(store, process, plan, random.next), chunk: plan.chunk, snapshotEveryFrames: plan.snapshotEveryFrames };
    time.schedule(0, () => void SERVICES[name](world).then(() => leave(instance, null), (error: unknown) => leave(instance, error)), process);
  };
  const leave = (instance: Instance, error: unknown): void => {
    if (instance.dead || instance.ended) return;
    instance.ended = true;
    if (error instanceof FencedError) fenced += 1;
    else if (error !== null && !(error instanceof RetryError)) failures.push(`${instance.name}: ${error instanceof Error ? error.stack ?? error.message : String(error)}`);
    instance.dead = true;
    const finished = instance.name === 'trainer' && error === null;
    if (!finished) again(instance.name);
  };
  /** As the supervisor would: only where none of that name runs. */
  const again = (name: ServiceName): void => void time.schedule(START_AGAIN_MS, () => {
    if (!instances.some((one) => one.name === name && !one.dead)) start(name);
  }, null);
  const crash = (instance: Instance): void => {
    instance.dead = true;
    again(instance.name);
  };
  dieBy(() => {
    const now = instances.find((one) => one === time.current());
    if (now === undefined) return;
    crash(now);
    throw new Killed(`${now.name} was killed`);
  });
  const alive = (name: ServiceName): Instance | undefined => instances.find((one) => one.name === name && !one.dead && !one.frozen);
  const happen = (incident: Incident): void => {
    if (incident.kind === 'crashPoint') return armCrashPoint({ type: 'crash', point: incident.point, after: incident.after });
    if (incident.kind === 'restart') return instances.filter((one) => !one.dead).forEach((one) => one.link.cut(incident.forMs));
    const one = alive(incident.service);
    if (one === undefined) return;
    if (incident.kind === 'kill') crash(one);
    if (incident.kind === 'stop') time.schedule(0, () => one.abort.abort(), one);
    if (incident.kind === 'cut') one.link.cut(incident.forMs);
    if (incident.kind !== 'freeze') return;
    one.frozen = true;
    start(one.name);
    time.schedule(incident.forMs, () => time.thaw(one), null);
  };

  for (const name of Object.keys(SERVICES) as ServiceName[]) start(name);
  const incidents = [...plan.incidents];
  let events = 0;
  let doneAt = calm === null ? CALM_MS : Infinity;
  while (time.now() < Math.min(doneAt, TOO_LONG_MS) && failures.length === 0 && (await time.step())) {
    events += 1;
    while (incidents.length > 0 && incidents[0]!.atEvent <= events) happen(incidents.shift()!.incident);
    if (calm !== null && doneAt === Infinity && events % CHECK_EVERY_EVENTS === 0 && (await isComplete(server, store, calm))) doneAt = time.now() + QUIET_MS;
  }
  if (calm !== null && doneAt === Infinity && failures.length === 0) failures.push(`it didn't complete within ${TOO_LONG_MS / 60_000} minutes of virtual time (${Math.round(time.now() / 1_000)} s)`);
  const content = { ...contentOf(server), ...(await storeContent(store)) };
  for (const one of instances) {
    one.dead = true;
    // Node holds a composite signal that is listened to until it aborts, and the recorder's held the whole world: 2 MB a run.
    one.abort.abort();
  }
  return { content, events, virtualMs: time.now(), failures, fenced };
}

/** Fails before or after the write is done, as a store that is away does. A dead process writes nothing. */
function faultyStore(store: HistoryStore, owner: Process, { store: chances }: Plan, random: () => number): HistoryStore {
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

/** The first thing in which two contents differ, in words; null when they are equal. */
export function difference(calm: Content, other: Content): string | null {
  for (const [name, wanted] of Object.entries(calm)) {
    const found = other[name]!;
    const at = wanted.findIndex((line, i) => line !== found[i]);
    if (at >= 0) return `${name}[${at}] is ${found[at] ?? 'missing'}, in the calm run ${wanted[at]}`;
    if (found.length > wanted.length) return `${name} holds ${found.length} where the calm run holds ${wanted.length}; the first more is ${found[wanted.length]}`;
  }
  return null;
}

