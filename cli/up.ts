/** `foretick up`: installs what is missing, starts the pipeline, says what it does, and takes it down again. */
import type { Config } from '../runtime/config.ts';
import { type DataLock, lockDataFolder } from '../runtime/dataLock.ts';
import { endLeftovers } from '../runtime/supervisor.ts';
import { ROOT } from '../infra/places.ts';
import { dataSecrets } from '../infra/secrets.ts';
import { ensureTools } from '../infra/tools.ts';
import { chooseServer, usesOtherServer } from './nats.ts';
import type { RawOptions, Wishes } from './options.ts';
import { feedName } from './plan.ts';
import { chooseGatewayPort, chooseSource, makeConfig, previousConfig, readWishes } from './prepare.ts';
import { type Run, runPipeline, type Stop } from './run.ts';
import { summaryText } from './summary.ts';
import { createTerminal, type Terminal } from './terminal.ts';

export interface UpOptions extends RawOptions { readonly json?: boolean }

/** The exit code. */
export async function up(options: UpOptions): Promise<number> {
  const startedMs = performance.now();
  const terminal = createTerminal(options.json === true ? process.stderr : process.stdout, () => performance.now());
  const wishes = readWishes(options, process.cwd());
  const stop = stopOnSignals(terminal);
  const lock = lockDataFolder(wishes.dataDir, process.pid);
  try {
    const run = await prepare(wishes, lock, terminal);
    const { exitCode, summary } = await runPipeline(run, { terminal, startedMs, stop, exitAtEnd: wishes.exit ?? false });
    if (summary !== null) console.log(options.json === true ? JSON.stringify(summary) : summaryText(summary));
    return exitCode;
  } finally {
    lock.release();
  }
}

/** Before the pipeline runs there is nothing to drain: the first signal ends the process. */
function stopOnSignals(terminal: Terminal): Stop {
  const abort = new AbortController();
  const stop: Stop = { signal: abort.signal, abort: () => abort.abort(), running: false };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => {
      if (!stop.running) process.exit(130);
      if (stop.signal.aborted) return;
      terminal.line('stopping: what is under way is finished first (at most ten seconds)');
      stop.abort();
    });
  }
  return stop;
}

async function prepare(wishes: Wishes, lock: DataLock, terminal: Terminal): Promise<Run> {
  const { dataDir } = wishes;
  const previous = previousConfig(dataDir);
  if (previous !== null) terminal.line(`  going on with the data of ${dataDir}`);
  await terminal.step('looking for an earlier run', () => endLeftovers(dataDir));
  const source = await chooseSource(wishes, previous, terminal);
  terminal.line(`  ${MARKET_WORDS[source.facts.kind]}: ${source.title}`);
  const secrets = dataSecrets(dataDir);
  const otherServer = usesOtherServer(wishes, previous);
  const tools = await ensureTools(ROOT, { natsServer: !otherServer, dashboard: wishes.exit !== true }, process.env['PATH'] ?? '', terminal);
  const { nats, server } = await chooseServer(wishes, previous, secrets, [feedName(source.facts.config)], tools.natsServer?.path ?? null);
  const gatewayPort = await chooseGatewayPort(wishes, previous);
  const config = makeConfig(wishes, source, previous, { nats, gatewayPort, tokenFile: secrets.tokenFile });
  lock.announce(addressOf(config));
  return { config, server, secrets, title: source.title, address: addressOf(config) };
}

const MARKET_WORDS = {
  live: 'LIVE MARKET',
  recording: 'RECORDED MARKET, these prices are of the past',
  simulated: 'SIMULATED MARKET, no price here is real',
} as const;

const addressOf = ({ gateway }: Config): string => `http://${gateway.host}:${gateway.port}`;
