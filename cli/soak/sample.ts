/** One look at a running pipeline: each process's memory, processor time and loop lag, how far each service is behind, and what is on disk. */
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Config } from '../../runtime/config.ts';
import type { Health } from '../../runtime/service.ts';
import { readRunState, type RunState } from '../../runtime/supervisor.ts';
import type { Connection } from '../../streams/edge/connect.ts';
import { streamSize } from '../../streams/edge/streams.ts';
import { streamsFor } from '../../streams/streams.ts';
import { processUse } from './proc.ts';

export interface ServiceSample {
  readonly rssBytes: number;
  readonly cpuSeconds: number;
  readonly restarts: number;
  /** What V8 says; null for processes that aren't ours, or don't answer. */
  readonly heapBytes: number | null;
  readonly externalBytes: number | null;
  /** The longest 1 % of turns of its event loop since the last look; 10 ms is idle, the clock's own grain. */
  readonly loopLagMs: number | null;
  /** Last sequence handled, by stream. */
  readonly cursors: Readonly<Record<string, number>>;
}
export interface Sample {
  /** Since the first look, s. */
  readonly atS: number;
  /** Trades and quotes that the source has published; other messages of the feed (clock, status) are not counted. */
  readonly ticks: number;
  readonly services: Readonly<Record<string, ServiceSample>>;
  readonly streams: Readonly<Record<string, { readonly lastSeq: number; readonly bytes: number }>>;
  readonly storeBytes: number;
}

const ASK_MS = 3_000;
export const SUPERVISOR = 'up';

/** `startedMs` on the clock of performance.now(). Throws when the server is away. */
export async function takeSample(connection: Connection, config: Config, startedMs: number): Promise<Sample> {
  const state = readRunState(config.dataDir);
  const atS = (performance.now() - startedMs) / 1_000;
  const pages = await Promise.all((state?.children ?? []).map(async (child) => ({ child, page: await ask(child.metricsUrl, 'metrics'), health: await ask(child.metricsUrl, 'health') })));
  // Positions first, ends after: a service is never shown ahead of its input.
  const names = streamsFor([config.feed.name]).map(({ name }) => name);
  const streams = await Promise.all(names.map(async (name) => [name, await streamSize(connection, name)] as const));
  const services: Record<string, ServiceSample> = {};
  let ticks = NaN;
  for (const { child, page, health } of pages) {
    const use = child.pid === null ? null : processUse(child.pid);
    if (use === null) continue;
    services[child.name] = { ...use, restarts: child.restarts, ...ofPage(page), cursors: health === null ? {} : (JSON.parse(health) as Health).cursors };
    if (child.name === 'source' && page !== null) ticks = ticksOf(page);
  }
  const own = state === null ? null : processUse(state.pid);
  if (own !== null) services[SUPERVISOR] = { ...own, restarts: 0, ...ofPage(null), cursors: {} };
  return {
    atS, ticks, services,
    streams: Object.fromEntries(streams), storeBytes: storeBytes(config.dataDir),
  };
}

async function ask(metricsUrl: string, page: 'metrics' | 'health'): Promise<string | null> {
  if (metricsUrl === '') return null;
  try {
    return await (await fetch(metricsUrl.replace(/metrics$/, page), { signal: AbortSignal.timeout(ASK_MS) })).text();
  } catch {
    return null;
  }
}

/** `name{labels} value` lines of a metrics page. */
function metric(page: string, name: string, label = ''): number | null {
  const line = page.split('\n').find((text) => text.startsWith(`${name}{`) && text.includes(label));
  return line === undefined ? null : Number(line.slice(line.lastIndexOf(' ') + 1));
}

function ofPage(page: string | null): Pick<ServiceSample, 'heapBytes' | 'externalBytes' | 'loopLagMs'> {
  if (page === null) return { heapBytes: null, externalBytes: null, loopLagMs: null };
  const lag = metric(page, 'nodejs_eventloop_lag_p99_seconds');
  return { heapBytes: metric(page, 'nodejs_heap_size_used_bytes'), externalBytes: metric(page, 'nodejs_external_memory_bytes'), loopLagMs: lag === null ? null : lag * 1_000 };
}

const ticksOf = (page: string): number => ['trade', 'quote'].reduce((sum, type) => sum + (metric(page, 'foretick_source_messages_total', `type="${type}"`) ?? 0), 0);

function storeBytes(dataDir: string): number {
  const files = readdirSync(dataDir).filter((name) => name.startsWith('history.db'));
  return files.reduce((sum, name) => sum + (statSync(join(dataDir, name), { throwIfNoEntry: false })?.size ?? 0), 0);
}

/** What inference says of itself, or an empty text. */
export async function inferenceDetail(state: RunState | null): Promise<string> {
  const health = await ask(state?.children.find(({ name }) => name === 'inference')?.metricsUrl ?? '', 'health');
  return health === null ? '' : (JSON.parse(health) as Health).detail;
}
