/**
 * The supervisor: one process a service, started in order, stopped in the order given.
 *
 * 1. What runs stands in `<data>/run/state.json`, written whole on each change: process ids, restarts, addresses.
 * 2. A supervisor that is killed takes its services along: their IPC channels (or pipes) close, and they drain.
 * 3. What an earlier, killed supervisor left is gone before anything is started (endLeftovers).
 * 4. Stopping is bounded: each step has its patience, and what doesn't leave is ended.
 */
import { readFileSync } from 'node:fs';
import { fork } from 'node:child_process';
import { join } from 'node:path';
import { writeFileAtomic } from './atomicFile.ts';
import { type Child, type ChildListener, type ChildSpec, superviseChild } from './child.ts';
import { endLeftover } from './leftovers.ts';
import { SERVICE_LOG } from './rotatingLog.ts';
import type { Health } from './service.ts';

export interface RunState {
  readonly v: 1;
  readonly pid: number;
  readonly dataDir: string;
  readonly address: string;
  readonly natsUrl: string;
  readonly children: readonly { readonly name: string; readonly pid: number | null; readonly restarts: number; readonly metricsUrl: string }[];
}
export const statePath = (dataDir: string): string => join(dataDir, 'run', 'state.json');
export const logsDir = (dataDir: string): string => join(dataDir, 'logs');

/** null when nothing ever ran here, or the file can't be read. */
export function readRunState(dataDir: string): RunState | null {
  try {
    return JSON.parse(readFileSync(statePath(dataDir), 'utf8')) as RunState;
  } catch {
    return null;
  }
}

/** A service of ours: node running its main.ts, with an IPC channel. The data folder in its arguments marks it as ours; its name comes after. */
export const serviceSpec = (name: string, mainPath: string, dataDir: string, configFile: string): ChildSpec => ({
  name,
  speaksExitCodes: true,
  spawn: () => fork(mainPath, [dataDir, name], { execArgv: [], stdio: ['ignore', 'pipe', 'pipe', 'ipc'], env: { ...process.env, FORETICK_CONFIG: configFile } }),
  leave: (child) => void child.kill('SIGTERM'),
});

export interface Supervisor {
  start(spec: ChildSpec): void;
  /** Stops the named ones at once and waits; the others go on. Unknown names are nothing to stop. */
  stop(names: readonly string[], patienceMs: number): Promise<void>;
  pid(name: string): number | null;
  restarts(): number;
  health(name: string): Health | null;
  /** Over the service's IPC channel. */
  tell(name: string, message: object): void;
  /** Shown in the state file. */
  describe(change: { address?: string; natsUrl?: string }): void;
}

export interface SupervisorOptions {
  readonly dataDir: string;
  readonly random: () => number;
  readonly listener: Omit<ChildListener, 'onChange'>;
}

const SAVE_AGAIN_MS = 1_000;

export function createSupervisor({ dataDir, random, listener }: SupervisorOptions): Supervisor {
  const children = new Map<string, Child>();
  /** As written: the file changes when a process does, not with each report. */
  const metricsUrls = new Map<string, string>();
  let shown = { address: '', natsUrl: '' };
  let again: NodeJS.Timeout | undefined;
  const save = (): void => {
    clearTimeout(again);
    const state: RunState = {
      v: 1, pid: process.pid, dataDir, ...shown,
      children: [...children.values()].map((child) => ({ name: child.name, pid: child.pid(), restarts: child.restarts(), metricsUrl: child.health()?.metricsUrl ?? '' })),
    };
    try {
      writeFileAtomic(statePath(dataDir), `${JSON.stringify(state, null, 1)}\n`);
    } catch {
      again = setTimeout(save, SAVE_AGAIN_MS).unref(); // a full disk must not end the services
    }
  };
  const full: ChildListener = {
    ...listener,
    onChange: () => queueMicrotask(save), // after the change, also while a child is being made
    onHealth(name, health) {
      if (metricsUrls.get(name) !== health.metricsUrl) {
        metricsUrls.set(name, health.metricsUrl);
        save();
      }
      listener.onHealth(name, health);
    },
  };
  return {
    start: (spec) => void children.set(spec.name, superviseChild(spec, join(logsDir(dataDir), `${spec.name}.log`), SERVICE_LOG, random, full)),
    async stop(names, patienceMs) {
      await Promise.all(names.map((name) => children.get(name)?.stop(patienceMs)));
      for (const name of names) children.delete(name);
      save();
    },
    pid: (name) => children.get(name)?.pid() ?? null,
    restarts: () => [...children.values()].reduce((sum, child) => sum + child.restarts(), 0),
    health: (name) => children.get(name)?.health() ?? null,
    tell: (name, message) => children.get(name)?.tell(message),
    describe(change) {
      shown = { ...shown, ...change };
      save();
    },
  };
}

/** Services leave by themselves when their supervisor is gone (runtime/service.ts): this long, ms, before they are asked. */
const GRACE_MS = 1_000;

/** Call with the data folder locked. Resolves when none of the earlier run's processes is left; returns how many there were. */
export async function endLeftovers(dataDir: string): Promise<number> {
  const state = readRunState(dataDir);
  const left = (state?.children ?? []).filter((child) => child.pid !== null);
  await Promise.all(left.map((child) => endLeftover({ pid: child.pid!, marker: dataDir }, GRACE_MS)));
  return left.length;
}
