/**
 * One run of the pipeline under a plan: the services' own logic over links to a JetStream in memory, in virtual time.
 * It ends when streams and store hold what a calm run holds, and some time after, so that whatever comes too late is seen too.
 */
import { armCrashPoint } from '../../runtime/crashPoint.ts';
import { createRandom } from '../../quant/random.ts';
import type { HistoryStore } from '../../store/history.ts';
import { openStore } from '../../store/open.ts';
import { streamsFor } from '../../streams/streams.ts';
import { contentOf, type Content, isComplete, storeContent } from './content.ts';
import { dieAtCrashPoints, happen } from './incidents.ts';
import { endAll, type Simulation, start } from './instances.ts';
import { createMemoryJetStream } from './memoryJetStream.ts';
import type { Plan } from './plan.ts';
import { SERVICES, type ServiceName } from './services.ts';
import { config } from './tinyMarket.ts';
import { startVirtualTime, type VirtualTime } from './virtualTime.ts';

export interface RunResult { readonly content: Content; readonly events: number; readonly virtualMs: number; /** Why it can't be right, whatever is stored. */ readonly failures: readonly string[]; readonly fenced: number }

const QUIET_MS = 6_000;
/** A calm run takes this long; a run under faults ends when it holds the same. */
const CALM_MS = 20_000;
const TOO_LONG_MS = 30 * 60_000;
const CHECK_EVERY_EVENTS = 200;

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
  const server = createMemoryJetStream();
  for (const spec of streamsFor([config.feed.name])) server.addStream(spec);
  const simulation: Simulation = { plan, time, server, store, random: createRandom(plan.seed + 2 ** 40).next, instances: [], failures: [], fenced: 0 };
  dieAtCrashPoints(simulation);
  for (const name of Object.keys(SERVICES) as ServiceName[]) start(simulation, name);
  const events = await play(simulation, calm);
  const content = { ...contentOf(server), ...(await storeContent(store)) };
  endAll(simulation);
  return { content, events, virtualMs: time.now(), failures: simulation.failures, fenced: simulation.fenced };
}

/** To the end, or the first failure. Returns how many events that took. */
async function play(simulation: Simulation, calm: Content | null): Promise<number> {
  const { plan, time, server, store, failures } = simulation;
  const incidents = [...plan.incidents];
  let events = 0;
  let doneAt = calm === null ? CALM_MS : Infinity;
  while (time.now() < Math.min(doneAt, TOO_LONG_MS) && failures.length === 0 && (await time.step())) {
    events += 1;
    while (incidents.length > 0 && incidents[0]!.atEvent <= events) happen(simulation, incidents.shift()!.incident);
    if (calm !== null && doneAt === Infinity && events % CHECK_EVERY_EVENTS === 0 && (await isComplete(server, store, calm))) doneAt = time.now() + QUIET_MS;
  }
  if (doneAt === Infinity && failures.length === 0) failures.push(`it didn't complete within ${TOO_LONG_MS / 60_000} minutes of virtual time (${Math.round(time.now() / 1_000)} s)`);
  return events;
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

