/** The services in the order of the data's flow, and how they are stopped: from the source down, nats-server last. */
import { join } from 'node:path';
import { configPath } from '../runtime/config.ts';
import { serviceSpec, type Supervisor } from '../runtime/supervisor.ts';
import { ROOT } from '../infra/places.ts';

export const NATS_SERVER = 'nats-server';
const MAINS: Readonly<Record<string, string>> = {
  source: 'streams/sources/main.ts',
  features: 'processors/features/main.ts',
  inference: 'inference/main.ts',
  outcomes: 'processors/outcomes/main.ts',
  recorder: 'processors/recorder/main.ts',
  trainer: 'trainer/main.ts',
  latest: 'processors/latest/main.ts',
  gateway: 'gateway/main.ts',
};
export const SERVICES: readonly string[] = Object.keys(MAINS);

const STOP_ORDER: readonly (readonly string[])[] = [['source'], ['features'], ['trainer', 'inference'], ['outcomes'], ['recorder', 'latest'], ['gateway'], [NATS_SERVER]];
/** All of it together, ms; people are told ten seconds. */
const STOP_BUDGET_MS = 8_000;
/** One step may take this long at most; a service that hangs must not eat the others' time. */
const STEP_MS = 4_000;
const LEAST_MS = 250;

export function startServices(supervisor: Supervisor, dataDir: string): void {
  for (const [name, main] of Object.entries(MAINS)) supervisor.start(serviceSpec(name, join(ROOT, main), dataDir, configPath(dataDir)));
}

export async function stopAll(supervisor: Supervisor): Promise<void> {
  const deadline = performance.now() + STOP_BUDGET_MS;
  for (const step of STOP_ORDER) await supervisor.stop(step, Math.max(LEAST_MS, Math.min(STEP_MS, deadline - performance.now())));
}
