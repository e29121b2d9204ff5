/** `foretick chaos`: proof that killing things changes nothing but the time. */
import { Command } from 'commander';
import { RefusedError } from '../runtime/errors.ts';
import { chaos, type ChaosReport } from './chaos/chaos.ts';
import { collect } from './options.ts';
import { defaultWorkers } from './plan.ts';
import { readWishes } from './prepare.ts';

interface Options { readonly source: string; readonly universe?: readonly string[]; readonly workers?: string; readonly seed: number; readonly kills: number; readonly speed: string; readonly runMinutes: number; readonly json?: boolean }

/** Two weeks; a timer of Node takes 24 days at most. */
const MAX_RUN_MINUTES = 20_160;

const HELP = `
Examples:
  ./foretick chaos --source recording:../shared/data/binance-usdm --seed 1 --kills 20
  ./foretick chaos --source simulator:1,minutes=30 --kills 1000 --json
  ./foretick chaos --source simulator:1,minutes=30 --universe a=ALFA,BRAVO --universe b=CHARLIE --universe c=DELTA --workers 3 --kills 200
With workers, crash points of features, inference and outcomes are ordered from one of them, and the undisturbed run has a
single worker. Exit code 1 when anything differed.`;

export const chaosCommand = (): Command => new Command('chaos')
  .description('Run a source undisturbed, then under seeded kill -9 of services, workers, nats-server and the supervisor, at named points and random moments, and compare every sum.')
  .requiredOption('--source <source>', 'a recording or a bounded simulation, as for `up`')
  .option('--universe <name>', 'NAME=SYMBOL,SYMBOL…, several times, as for `up` (default: main, all symbols)', collect)
  .option('--workers <n>', 'processes that share the universes, as for `up` (default: 2 where there are several universes, else a process a service)')
  .option('--seed <n>', 'of the kills', Number, 1)
  .option('--kills <n>', 'how many', Number, 50)
  .option('--speed <n>', 'of the runs that are killed: slow enough to be hit in the middle', '8')
  .option('--run-minutes <n>', 'a run that takes longer hangs: it is given up, and its folder kept', Number, 60)
  .option('--json', 'print one JSON object')
  .addHelpText('after', HELP)
  .action(async ({ source, universe = [], workers, seed, kills, speed, runMinutes, json }: Options) => {
    if (!(Number.isInteger(kills) && kills > 0)) throw new RefusedError('--kills: write how many, from 1');
    if (!(Number.isSafeInteger(seed) && seed >= 0)) throw new RefusedError('--seed: write a whole number, from 0');
    if (!(runMinutes > 0 && runMinutes <= MAX_RUN_MINUTES)) throw new RefusedError(`--run-minutes: write how many, at most ${MAX_RUN_MINUTES}`);
    const wishes = readWishes({ source, speed, data: '.', ...(universe.length > 0 ? { universe } : {}), ...(workers === undefined ? {} : { workers }) }, process.cwd());
    const report = await chaos({ source, universes: universe, workers: wishes.workers ?? defaultWorkers(universe.length), seed, kills, speed, limitMs: runMinutes * 60_000, say: (text) => process.stderr.write(`  ${text}\n`) });
    console.log(json === true ? JSON.stringify(report) : reportText(report));
    process.exitCode = report.mismatches === 0 ? 0 : 1;
  });

function reportText({ kills, runs, mismatches, differences, recoveryMs, restartMs, takeoverMs, slowest }: ChaosReport): string {
  const times = ({ n, p50, p99, max }: ChaosReport['recoveryMs']): string => `p50 ${p50} ms, p99 ${p99} ms, longest ${max} ms (${n} measured)`;
  return [
    `${kills} kills in ${runs} runs, ${mismatches} mismatches`,
    ...differences.map((difference) => `  differs: ${difference}`),
    `recovery of a service: ${times(recoveryMs)}`,
    ...(restartMs.n > 0 ? [`all of it, after its supervisor was killed: ${times(restartMs)}`] : []),
    ...(takeoverMs.n > 0 ? [`universes of a killed worker, until others work on all of them: ${times(takeoverMs)}`] : []),
    ...(slowest.length > 0 ? [`the slowest: ${slowest.join(', ')}`] : []),
  ].join('\n');
}
