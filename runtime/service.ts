/**
 * The life of a service: start, ready, drain, stop.
 *
 * 1. A service runs `body(context)` until it returns or throws; context.signal aborts on SIGTERM, on SIGINT where no supervisor
 *    started it, and when the supervisor is gone (its IPC channel closes).
 * 2. After the abort it has DRAIN_MS to leave; then it is ended.
 * 3. A throw ends the process with the error's exit code, after one log line that says what to do.
 * 4. What a second owner did to it (FencedError) is counted beyond its own end: the supervisor keeps the count for the next start.
 * 5. /health, /ready and /metrics are served on a free loopback port, told to the supervisor and to HEALTH.
 */
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { AggregatorRegistry, Counter, Registry, collectDefaultMetrics } from 'prom-client';
import { armCrashPoint } from './crashPoint.ts';
import { FencedError, ForetickError, messageOf } from './errors.ts';
import { createServer } from './http.ts';
import { createLog, type Log } from './log.ts';

export const DRAIN_MS = 8_000;

export type ServiceState = 'starting' | 'waiting' | 'running' | 'draining';
/** What a service says of itself; the supervisor passes it to whoever asks. */
export interface Health {
  readonly service: string;
  readonly state: ServiceState;
  /** In plain words, for people: "waiting for 4 more minutes of history". */
  readonly detail: string;
  /** Last sequence handled, by stream. */
  readonly cursors: Readonly<Record<string, number>>;
  /** What it counted since it started, by name in plain words: trades, what was dropped and why. */
  readonly counts: Readonly<Record<string, number>>;
  readonly metricsUrl: string;
  readonly pid: number;
}

/** A cursor of null is forgotten: what it spoke of is no longer this process's work. */
export interface HealthChange { readonly state?: ServiceState; readonly detail?: string; readonly cursors?: Readonly<Record<string, number | null>>; readonly counts?: Readonly<Record<string, number>> }

export const RUNNING: HealthChange = { state: 'running', detail: '' };
/** Not ready: it computes again what a process before it had computed. */
export const BEHIND: HealthChange = { state: 'starting', detail: 'reads again what was read before' };

export interface ServiceContext {
  readonly name: string;
  readonly signal: AbortSignal;
  readonly log: Log;
  readonly metrics: Registry;
  /** Update what /health and the supervisor see. Cheap: sent at most four times a second. */
  report(change: HealthChange): void;
  /** Called with each new health report (to publish it elsewhere). */
  onHealth(listener: (health: Health) => void): void;
}

/** What a whole process has beside: a worker shows the metrics of each job with labels of its own. */
export interface ProcessContext extends ServiceContext {
  /** Returns how to take them away again. */
  addMetrics(registry: Registry): () => void;
  /** Counts it, once, if it says that another process is in this one's place. */
  countFenced(error: unknown): void;
}

const REPORT_EVERY_MS = 250;

export async function runService(name: string, body: (context: ProcessContext) => Promise<void>): Promise<void> {
  const log = createLog(name);
  const abort = new AbortController();
  const metrics = new Registry();
  metrics.setDefaultLabels({ service: name });
  collectDefaultMetrics({ register: metrics });
  const health = createHealth(name);
  const shown = new Set([metrics]);
  const server = await serveHealth(health, shown);
  const addMetrics = (registry: Registry): (() => void) => {
    shown.add(registry);
    return () => void shown.delete(registry);
  };
  const stop = (why: string): void => {
    if (abort.signal.aborted) return;
    log.info({ why }, 'draining');
    health.update({ state: 'draining' });
    abort.abort();
    setTimeout(() => {
      log.error('did not drain in time; leaving');
      process.exit(1);
    }, DRAIN_MS).unref();
  };
  process.once('SIGTERM', () => stop('SIGTERM'));
  // Ctrl-C reaches the whole group; a supervisor orders the drain.
  process.on('SIGINT', () => void (process.send === undefined && stop('SIGINT')));
  if (process.send) {
    process.once('disconnect', () => stop('supervisor is gone'));
    if (!process.connected) stop('supervisor is gone'); // it went while this process was loading
  }
  process.on('message', armCrashPoint);
  const countFenced = createFencedCount(metrics);
  let exitCode = 0;
  try {
    await body({ name, signal: abort.signal, log, metrics, report: health.update, onHealth: health.listen, addMetrics, countFenced });
    health.flush();
  } catch (error) {
    countFenced(error);
    exitCode = error instanceof ForetickError ? error.exitCode : 1;
    log.error({ err: error instanceof ForetickError ? undefined : error, hint: error instanceof ForetickError ? error.hint : undefined }, messageOf(error));
  }
  server.close();
  if (process.connected) await new Promise((resolve) => process.send!({ type: 'bye' }, resolve)); // what was said before it is delivered then
  process.exit(exitCode);
}

function createFencedCount(metrics: Registry): ProcessContext['countFenced'] {
  const counter = new Counter({ name: 'foretick_fenced_total', help: 'Times another process was found in this one\'s place: a write that the server refused, or a lease that was taken over', registers: [metrics] });
  const counted = new WeakSet<Error>();
  let count = 0;
  const add = (more: number): void => {
    count += more;
    counter.inc(more);
  };
  process.on('message', (message: { type?: unknown; count?: unknown }) => void (message.type === 'fenced' && add(Number(message.count) || 0)));
  return (error) => {
    if (!(error instanceof FencedError) || counted.has(error)) return;
    counted.add(error);
    add(1);
    if (process.connected) process.send?.({ type: 'fenced', count });
  };
}

function createHealth(service: string) {
  let current: Health = { service, state: 'starting', detail: '', cursors: {}, counts: {}, metricsUrl: '', pid: process.pid };
  const listeners: ((health: Health) => void)[] = [(health) => process.connected && process.send?.({ type: 'health', health })];
  /** Changed in place: asked once a message of each universe, shown four times a second. */
  const cursors: Record<string, number> = {};
  let timer: NodeJS.Timeout | undefined;
  const get = (): Health => ({ ...current, cursors: { ...cursors } });
  const flush = (): void => {
    clearTimeout(timer);
    timer = undefined;
    const health = get();
    for (const listener of listeners) listener(health);
  };
  const update = (change: HealthChange & { readonly metricsUrl?: string }): void => {
    const urgent = (change.state !== undefined && change.state !== current.state) || change.metricsUrl !== undefined;
    mergeInto(cursors, change.cursors);
    if (!isOnlyCursors(change)) current = { ...current, ...change, cursors, counts: change.counts ? { ...current.counts, ...change.counts } : current.counts };
    if (urgent) flush();
    else timer ??= setTimeout(flush, REPORT_EVERY_MS);
  };
  return { update, flush, listen: (listener: (health: Health) => void) => void listeners.push(listener), get };
}

/** As after almost every message. */
const isOnlyCursors = ({ state, detail, counts, metricsUrl }: HealthChange & { readonly metricsUrl?: string }): boolean =>
  state === undefined && detail === undefined && counts === undefined && metricsUrl === undefined;

export function mergeInto(cursors: Record<string, number>, changes: HealthChange['cursors'] = {}): void {
  for (const name in changes) {
    const seq = changes[name]!;
    if (seq === null) delete cursors[name];
    else cursors[name] = seq;
  }
}

/** With several registries, what has one name and labels is added up. */
const metricsText = async (shown: ReadonlySet<Registry>): Promise<string> =>
  AggregatorRegistry.aggregate(await Promise.all([...shown].map((registry) => registry.getMetricsAsJSON()))).metrics();

async function serveHealth(health: ReturnType<typeof createHealth>, shown: ReadonlySet<Registry>): Promise<Server> {
  const server = createServer(async (request, response) => {
    if (request.url === '/metrics') {
      const text = await (shown.size === 1 ? [...shown][0]!.metrics() : metricsText(shown));
      response.setHeader('content-type', Registry.PROMETHEUS_CONTENT_TYPE).end(text);
    } else if (request.url === '/health' || request.url === '/ready') {
      const ready = health.get().state === 'running' || health.get().state === 'waiting';
      response.statusCode = request.url === '/ready' && !ready ? 503 : 200;
      response.setHeader('content-type', 'application/json').end(JSON.stringify(health.get()));
    } else {
      response.statusCode = 404;
      response.end('only /health, /ready and /metrics are here\n');
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  server.unref();
  health.update({ metricsUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}/metrics` });
  return server;
}
