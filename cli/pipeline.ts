/** The services in the order of the data's flow, and how they are stopped: from the source down, nats-server last. */
import { join } from 'node:path';
import { type Config, configPath } from '../runtime/config.ts';
import { serviceSpec, type Supervisor } from '../runtime/supervisor.ts';
import { ROOT } from '../infra/places.ts';

export const NATS_SERVER = 'nats-server';
type Mains = Readonly<Record<string, string>>;
const SOURCE: Mains = { source: 'streams/sources/main.ts' };
/** A process a service, where there is one universe. */
const SINGLE: Mains = { features: 'processors/features/main.ts', inference: 'inference/main.ts', outcomes: 'processors/outcomes/main.ts' };
const WORKER = 'worker/main.ts';
const REST: Mains = { recorder: 'processors/recorder/main.ts', trainer: 'trainer/main.ts', latest: 'processors/latest/main.ts', gateway: 'gateway/main.ts' };

export const workerNames = (workers: number): string[] => Array.from({ length: workers }, (_, i) => `worker-${i + 1}`);
export const isWorker = (service: string): boolean => /^worker-\d+$/.test(service);
const mainsOf = (workers: number): Mains => ({ ...SOURCE, ...(workers === 0 ? SINGLE : Object.fromEntries(workerNames(workers).map((name) => [name, WORKER]))), ...REST });
export const servicesOf = ({ workers }: Pick<Config, 'workers'>): string[] => Object.keys(mainsOf(workers));

const stopOrder = (workers: number): string[][] => [['source'], ['features', ...workerNames(workers)], ['trainer', 'inference'], ['outcomes'], ['recorder', 'latest'], ['gateway'], [NATS_SERVER]];
/** All of it together, ms; people are told ten seconds. */
const STOP_BUDGET_MS = 8_000;
/** One step may take this long at most; a service that hangs must not eat the others' time. */
const STEP_MS = 4_000;
const LEAST_MS = 250;

export function startServices(supervisor: Supervisor, { dataDir, workers }: Config): void {
  for (const [name, main] of Object.entries(mainsOf(workers))) supervisor.start(serviceSpec(name, join(ROOT, main), dataDir, configPath(dataDir)));
}

export async function stopAll(supervisor: Supervisor, { workers }: Config): Promise<void> {
  const deadline = performance.now() + STOP_BUDGET_MS;
  for (const step of stopOrder(workers)) await supervisor.stop(step, Math.max(LEAST_MS, Math.min(STEP_MS, deadline - performance.now())));
}
