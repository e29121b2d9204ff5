/** `foretick up` as a child process that can be wounded: its services by process id or at a named point, and itself. */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { connect } from 'node:net';
import { join } from 'node:path';
import { ROOT } from '../../infra/places.ts';
import type { CrashOrder } from '../../runtime/crashPoint.ts';
import type { Health } from '../../runtime/service.ts';
import { readRunState, type RunState } from '../../runtime/supervisor.ts';
import { universesOf } from '../../worker/jobContext.ts';
import { isWorker, NATS_SERVER } from '../pipeline.ts';
import type { Summary } from '../summary.ts';

const POLL_MS = 10;
/** Every worker is asked each time, and a lease takes seconds to lapse. */
const TAKEOVER_POLL_MS = 50;
const RECOVERY_LIMIT_MS = 30_000;
const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

export interface Victim {
  readonly service: string;
  readonly pid: number;
  /** What a worker worked on. It is made up for when other processes work on all of it; anything else when a new process is ready. */
  readonly universes: readonly string[];
}

export interface Pipeline {
  /** Runs still, as far as is known. */
  isUp(): boolean;
  /** Process id of a service; null when it has none at the moment. */
  pid(service: string): number | null;
  order(service: string, order: CrashOrder): void;
  /** What a worker works on; null when it says nothing, and for any other service. */
  universes(service: string): Promise<readonly string[] | null>;
  /** ms since `fromMs` until what was killed is made up for, or until it was waited for no longer; null when the run ended first. */
  recovered(victim: Victim, fromMs: number): Promise<number | null>;
  killSupervisor(): Promise<void>;
  /** What it printed, or why there is no summary. */
  end(): Promise<{ readonly summary: Summary | null; readonly errors: string }>;
}

export function startPipeline(args: readonly string[], dataDir: string): Pipeline {
  let child: ChildProcess;
  let out = '';
  let err = '';
  let closed = false;
  child = fork(join(ROOT, 'cli/main.ts'), ['up', ...args], { stdio: ['ignore', 'pipe', 'pipe', 'ipc'], execArgv: [] });
  child.stdout!.on('data', (chunk: Buffer) => (out += String(chunk)));
  child.stderr!.on('data', (chunk: Buffer) => (err = (err + String(chunk)).slice(-10_000)));
  const ended = once(child, 'close').then(() => (closed = true));
  const entry = (service: string) => readRunState(dataDir)?.children.find(({ name }) => name === service);
  const pid = (service: string): number | null => (closed ? null : (entry(service)?.pid ?? null));

  return {
    isUp: () => !closed,
    pid,
    order: (service, order) => void (child.connected && child.send({ ...order, service }, () => undefined)),
    universes: (service) => universesAt(service, entry(service)?.metricsUrl ?? ''),
    async recovered(victim, fromMs) {
      while (!closed && performance.now() - fromMs < RECOVERY_LIMIT_MS) {
        if (await isMadeUpFor(victim, readRunState(dataDir))) return performance.now() - fromMs;
        await sleep(victim.universes.length > 0 ? TAKEOVER_POLL_MS : POLL_MS);
      }
      return closed ? null : performance.now() - fromMs;
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

async function isMadeUpFor({ service, pid, universes }: Victim, state: RunState | null): Promise<boolean> {
  const others = (state?.children ?? []).filter((child) => child.pid !== null && child.pid !== pid);
  if (universes.length > 0) {
    const held = new Set((await Promise.all(others.map(({ name, metricsUrl }) => universesAt(name, metricsUrl)))).flatMap((names) => names ?? []));
    return universes.every((name) => held.has(name));
  }
  const next = others.find(({ name }) => name === service);
  return next !== undefined && isReady(service, next.metricsUrl, state?.natsUrl ?? '');
}

async function universesAt(service: string, metricsUrl: string): Promise<readonly string[] | null> {
  if (!isWorker(service) || metricsUrl === '') return null;
  try {
    const response = await fetch(metricsUrl.replace('/metrics', '/health'), { signal: AbortSignal.timeout(1_000) });
    return universesOf(((await response.json()) as Health).cursors);
  } catch {
    return null;
  }
}

async function isReady(service: string, metricsUrl: string, natsUrl: string): Promise<boolean> {
  if (service === NATS_SERVER) return accepts(natsUrl);
  if (metricsUrl === '') return false;
  try {
    return (await fetch(metricsUrl.replace('/metrics', '/ready'), { signal: AbortSignal.timeout(1_000) })).ok;
  } catch {
    return false;
  }
}

function accepts(natsUrl: string): Promise<boolean> {
  const { hostname, port } = new URL(natsUrl);
  return new Promise((resolve) => {
    const socket = connect(Number(port), hostname);
    socket.once('data', () => resolve(!socket.destroy().connecting)); // its INFO line
    socket.once('error', () => resolve(false));
    socket.setTimeout(500, () => resolve(!socket.destroy()));
  });
}
