/** When is what was killed made up for: a process by its successor, a worker by whoever works on its universes. */
import { connect } from 'node:net';
import type { Health } from '../../runtime/service.ts';
import type { RunState } from '../../runtime/supervisor.ts';
import { universesOf } from '../../worker/jobContext.ts';
import { isWorker, NATS_SERVER } from '../pipeline.ts';

export interface Victim {
  readonly service: string;
  readonly pid: number;
  /** What a worker worked on. It is made up for when other processes work on all of it; anything else when a new process is ready. */
  readonly universes: readonly string[];
}

export async function isMadeUpFor({ service, pid, universes }: Victim, state: RunState | null): Promise<boolean> {
  const others = (state?.children ?? []).filter((child) => child.pid !== null && child.pid !== pid);
  if (universes.length > 0) {
    const held = new Set((await Promise.all(others.map(({ name, metricsUrl }) => universesAt(name, metricsUrl)))).flatMap((names) => names ?? []));
    return universes.every((name) => held.has(name));
  }
  const next = others.find(({ name }) => name === service);
  return next !== undefined && isReady(service, next.metricsUrl, state?.natsUrl ?? '');
}

/** Those of its processes that are ready. */
export async function readyOf(state: RunState): Promise<string[]> {
  const answers = await Promise.all(state.children.map(async ({ name, pid, metricsUrl }) => (pid !== null && (await isReady(name, metricsUrl, state.natsUrl)) ? [name] : [])));
  return answers.flat();
}

/** What a worker works on; null when it says nothing, and for any other service. */
export async function universesAt(service: string, metricsUrl: string): Promise<readonly string[] | null> {
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
