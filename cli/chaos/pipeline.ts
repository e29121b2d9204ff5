/** `foretick up` as a child process that can be wounded: its services by process id or at a named point, and itself. */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { connect } from 'node:net';
import { join } from 'node:path';
import { ROOT } from '../../infra/places.ts';
import type { CrashOrder } from '../../runtime/crashPoint.ts';
import { readRunState } from '../../runtime/supervisor.ts';
import { NATS_SERVER } from '../pipeline.ts';
import type { Summary } from '../summary.ts';

const POLL_MS = 10;
const RECOVERY_LIMIT_MS = 30_000;
const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

export interface Pipeline {
  /** Runs still, as far as is known. */
  isUp(): boolean;
  /** Process id of a service; null when it has none at the moment. */
  pid(service: string): number | null;
  order(service: string, order: CrashOrder): void;
  /** Resolves when the service has a new process that says it is ready: ms since `fromMs`; null when the run ended first. */
  recovered(service: string, oldPid: number, fromMs: number): Promise<number | null>;
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
    async recovered(service, oldPid, fromMs) {
      while (!closed && performance.now() - fromMs < RECOVERY_LIMIT_MS) {
        const now = entry(service);
        if (now !== undefined && now.pid !== null && now.pid !== oldPid && (await isReady(service, now.metricsUrl, readRunState(dataDir)?.natsUrl ?? ''))) return performance.now() - fromMs;
        await sleep(POLL_MS);
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
