/** `foretick status`: what runs on a data folder, asked of each service itself. */
import { join, resolve } from 'node:path';
import { Command } from 'commander';
import { isAlive } from '../runtime/leftovers.ts';
import { logsDir, readRunState, type RunState } from '../runtime/supervisor.ts';
import type { Health } from '../runtime/service.ts';
import { DEFAULT_DATA_DIR } from './defaults.ts';

/** A busy machine is no reason to call a service silent. */
const ASK_MS = 5_000;

interface ServiceStatus { readonly name: string; readonly state: string; readonly detail: string; readonly pid: number | null; readonly restarts: number; readonly cursors: Health['cursors'] }

async function ask(child: RunState['children'][number], dataDir: string): Promise<ServiceStatus> {
  const { name, pid, restarts, metricsUrl } = child;
  const alive = pid !== null && isAlive({ pid, marker: dataDir });
  const silent = { name, pid: alive ? pid : null, restarts, state: alive ? 'running' : 'not running', detail: '', cursors: {} };
  if (!alive || metricsUrl === '') return silent;
  try {
    const health = (await (await fetch(metricsUrl.replace(/metrics$/, 'health'), { signal: AbortSignal.timeout(ASK_MS) })).json()) as Health;
    return { ...silent, state: health.state, detail: health.detail, cursors: health.cursors };
  } catch {
    return { ...silent, state: 'silent', detail: `did not answer; see ${join(logsDir(dataDir), `${name}.log`)}` };
  }
}

export const statusCommand = (): Command => new Command('status')
  .description('Show the services of a data folder: state, what each waits for, restarts. Exit code 1 when not all of them run.')
  .option('--data <dir>', 'data folder', DEFAULT_DATA_DIR)
  .option('--json', 'print one JSON object')
  .addHelpText('after', '\nExamples:\n  ./foretick status\n  ./foretick status --data ./second --json')
  .action(async (options: { data: string; json?: boolean }) => {
    const dataDir = resolve(options.data);
    const state = readRunState(dataDir);
    const services = await Promise.all((state?.children ?? []).map((child) => ask(child, dataDir)));
    const ok = services.length > 0 && services.every(({ state: s }) => s === 'running' || s === 'waiting');
    if (options.json === true) console.log(JSON.stringify({ ok, dataDir, address: state?.address ?? null, natsUrl: state?.natsUrl ?? null, services }));
    else if (services.length === 0) console.log(`nothing runs on ${dataDir}; start it with ./foretick up`);
    else {
      for (const { name, state: s, detail, restarts } of services) console.log(`${name.padEnd(12)} ${s.padEnd(12)} ${detail}${restarts === 0 ? '' : ` (${restarts} restarts)`}`);
      console.log(`address      ${state!.address}`);
    }
    process.exitCode = ok ? 0 : 1;
  });
