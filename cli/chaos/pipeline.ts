/** `foretick up` as a child process that can be wounded: its services by process id or at a named point, and itself. */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { ROOT } from '../../infra/places.ts';
import type { CrashOrder } from '../../runtime/crashPoint.ts';
import { readRunState, type RunState } from '../../runtime/supervisor.ts';
import type { Summary } from '../summary.ts';
import { isMadeUpFor, readyOf, universesAt, type Victim } from './recovery.ts';

const POLL_MS = 10;
/** Every worker is asked each time, and a lease takes seconds to lapse. */
const TAKEOVER_POLL_MS = 50;
const START_POLL_MS = 100;
const RECOVERY_LIMIT_MS = 30_000;
const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

export interface Pipeline {
  /** Runs still, as far as is known. */
  isUp(): boolean;
  /** Process id of a service; null when it has none at the moment. */
  pid(service: string): number | null;
  order(service: string, order: CrashOrder): void;
  /** What a worker works on now; null when it says nothing, and for any other service. */
  universes(service: string): Promise<readonly string[] | null>;
  /** ms since `fromMs` until what was killed is made up for, or until it was waited for no longer; null when the run ended first. */
  recovered(victim: Victim, fromMs: number): Promise<number | null>;
  /** ms from its start until each of these services was ready once, whatever was killed meanwhile; null when it ended first. */
  started(services: readonly string[]): Promise<number | null>;
  killSupervisor(): Promise<void>;
  /** What it printed, or why there is no summary. */
  end(): Promise<{ readonly summary: Summary | null; readonly errors: string }>;
}

/** As the supervisor with this process id wrote it; null where another, earlier one did. */
function stateOf(dataDir: string, pid: number | undefined): RunState | null {
  const state = readRunState(dataDir);
  return state?.pid === pid ? state : null;
}

export function startPipeline(args: readonly string[], dataDir: string): Pipeline {
  let child: ChildProcess;
  let out = '';
  let err = '';
  let closed = false;
  const startMs = performance.now();
  child = fork(join(ROOT, 'cli/main.ts'), ['up', ...args], { stdio: ['ignore', 'pipe', 'pipe', 'ipc'], execArgv: [] });
  child.stdout!.on('data', (chunk: Buffer) => (out += String(chunk)));
  child.stderr!.on('data', (chunk: Buffer) => (err = (err + String(chunk)).slice(-10_000)));
  const ended = once(child, 'close').then(() => (closed = true));
  const ownState = (): RunState | null => stateOf(dataDir, child.pid);
  const entry = (service: string) => ownState()?.children.find(({ name }) => name === service);
  const pid = (service: string): number | null => (closed ? null : (entry(service)?.pid ?? null));

  return {
    isUp: () => !closed,
    pid,
    order: (service, order) => void (child.connected && child.send({ ...order, service }, () => undefined)),
    universes: (service) => universesAt(service, entry(service)?.metricsUrl ?? ''),
    async recovered(victim, fromMs) {
      while (!closed && performance.now() - fromMs < RECOVERY_LIMIT_MS) {
        if (await isMadeUpFor(victim, ownState())) return performance.now() - fromMs;
        await sleep(victim.universes.length > 0 ? TAKEOVER_POLL_MS : POLL_MS);
      }
      return closed ? null : performance.now() - fromMs;
    },
    async started(services) {
      const ready = new Set<string>();
      for (; !closed; await sleep(START_POLL_MS)) {
        const state = ownState();
        for (const name of state === null ? [] : await readyOf(state)) ready.add(name);
        if (services.every((name) => ready.has(name))) return performance.now() - startMs;
      }
      return null;
    },
    async killSupervisor() {
      child.kill('SIGKILL');
      await ended;
    },
    async end() {
      await ended;
      try {
        return { summary: JSON.parse(out) as Summary, errors: err };
      } catch {
        return { summary: null, errors: err };
      }
    },
  };
}
