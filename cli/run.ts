/** One run of the pipeline: start in order, tell what happens, stop in order, whatever ended it. */
import { join } from 'node:path';
import { writeFileAtomic } from '../runtime/atomicFile.ts';
import type { Failure } from '../runtime/child.ts';
import { type Config, configPath } from '../runtime/config.ts';
import { createSupervisor, logsDir, type Supervisor } from '../runtime/supervisor.ts';
import { READER_USER } from '../infra/nats/config.ts';
import { natsReady, type NatsServer } from '../infra/nats/server.ts';
import type { DataSecrets } from '../infra/secrets.ts';
import type { Connection } from '../streams/edge/connect.ts';
import { putWorkPlan } from '../streams/edge/workPlan.ts';
import { readProgress } from './completion.ts';
import { openStreams } from './nats.ts';
import { NATS_SERVER, servicesOf, startServices, stopAll } from './pipeline.ts';
import { parseDropped, type Summary, summarise } from './summary.ts';
import type { Terminal } from './terminal.ts';
import { untilUp } from './untilUp.ts';
import { announceFirstForecast, keepStatusLine, untilComplete } from './watch.ts';

export interface Run { readonly config: Config; readonly server: NatsServer | null; readonly secrets: DataSecrets; readonly title: string; readonly address: string }
/** What a signal does. */
export interface Stop {
  readonly signal: AbortSignal;
  abort(): void;
  /** Tells the signal handler that there is something to drain. */
  running: boolean;
}
export interface RunContext {
  readonly terminal: Terminal;
  readonly startedMs: number;
  readonly stop: Stop;
  readonly exitAtEnd: boolean;
}
export interface RunEnd { readonly exitCode: number; readonly summary: Summary | null }

export async function runPipeline(run: Run, context: RunContext): Promise<RunEnd> {
  const { config, server } = run;
  const { terminal, stop } = context;
  let verdict: Failure | null = null;
  const supervisor = createSupervisor({
    dataDir: config.dataDir, random: Math.random,
    listener: {
      onHealth: () => undefined,
      onRestart: (failure) => {
        if (!stop.signal.aborted && isPowerOfTwo(failure.attempt)) terminal.warn(`${describe(failure)}; it is started again${failure.attempt > 1 ? ` (${failure.attempt} times in a row)` : ''}`);
      },
      onVerdict: (failure) => {
        verdict ??= failure;
        stop.abort();
      },
    },
  });
  // `foretick chaos` started this process and passes orders to services through it.
  process.on('message', (order: { service?: unknown }) => typeof order?.service === 'string' && supervisor.tell(order.service, order));
  supervisor.describe({ address: run.address, natsUrl: config.nats.url });
  stop.running = true;
  let connection: Connection | null = null;
  let summary: Summary | null = null;
  try {
    if (server !== null) {
      supervisor.start(server.spec);
      await terminal.step('starting nats-server', () => natsReady(server.port, join(logsDir(config.dataDir), `${NATS_SERVER}.log`), stop.signal));
    }
    if (!stop.signal.aborted) {
      connection = await openStreams(config);
      await putWorkPlan(connection, config);
      // Only now: a start that failed earlier must not bind the folder to its options.
      writeFileAtomic(configPath(config.dataDir), `${JSON.stringify(config, null, 1)}\n`);
      summary = await serve(run, context, supervisor, connection);
    }
  } finally {
    await Promise.all([connection?.close(), stopAll(supervisor, config)]); // together: closing may wait for a server that hangs
  }
  if (verdict !== null) {
    sayVerdict(verdict, config.dataDir, terminal);
    return { exitCode: (verdict as Failure).code ?? 1, summary: null };
  }
  terminal.line('stopped');
  return { exitCode: context.exitAtEnd && summary === null ? 130 : 0, summary };
}

async function serve(run: Run, { terminal, startedMs, stop, exitAtEnd }: RunContext, supervisor: Supervisor, connection: Connection): Promise<Summary | null> {
  const { config } = run;
  const announced = announceFirstForecast(connection, startedMs, terminal, stop.signal);
  const before = await readProgress(connection, config, new Map());
  startServices(supervisor, config);
  await terminal.step(`starting ${servicesOf(config).length} services`, () => untilUp(servicesOf(config), supervisor, terminal, stop.signal));
  sayAddresses(run, terminal);
  if (before.feedEnded) terminal.line('this source had ended in the earlier run; what it gave is served');
  if (!exitAtEnd) {
    const status = announced.then(() => (stop.signal.aborted ? undefined : keepStatusLine(supervisor, terminal)));
    await whenAborted(stop.signal);
    clearInterval(await status);
    return null;
  }
  // A server that hangs answers nothing; a stop must not wait for it. What was asked ends when the connection is closed.
  const complete = untilComplete(connection, config, supervisor, terminal, stop.signal).catch((error: unknown) => {
    if (stop.signal.aborted) return false;
    throw error;
  });
  if (!(await Promise.race([complete, whenAborted(stop.signal).then(() => false)]))) return null;
  const dropped = await readDropped(supervisor.health('source')?.metricsUrl ?? '');
  return terminal.step('summing up', () => summarise(connection, config, run.title, dropped, (performance.now() - startedMs) / 1_000));
}

const whenAborted = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => (signal.aborted ? resolve() : signal.addEventListener('abort', () => resolve(), { once: true })));

/** What the source counted. A page that doesn't answer leaves it empty: it is for people. */
async function readDropped(metricsUrl: string): Promise<Record<string, number>> {
  try {
    return parseDropped(await (await fetch(metricsUrl, { signal: AbortSignal.timeout(2_000) })).text());
  } catch {
    return {};
  }
}

function sayAddresses({ address, secrets, server }: Run, terminal: Terminal): void {
  terminal.line(`open ${address}/login?token=${secrets.token}`);
  if (server !== null) terminal.line(`or listen: nats sub 'latest.prediction.>' --server ${server.url} --user ${READER_USER} --password ${secrets.reader.pass}`);
}

/** A loop of crashes is told of at its 1st, 2nd, 4th, 8th … */
const isPowerOfTwo = (n: number): boolean => (n & (n - 1)) === 0;

const describe = ({ name, exit, message }: Failure): string => `${name} ended (${exit}${message === '' ? '' : `: ${message}`})`;

function sayVerdict(failure: Failure, dataDir: string, terminal: Terminal): void {
  terminal.warn(describe(failure));
  if (failure.hint !== '') terminal.line(`  ${failure.hint}`);
  terminal.line(`  its log: ${join(logsDir(dataDir), `${failure.name}.log`)}`);
}
