/** `foretick chaos`: proof that killing things changes nothing but the time. */
import { Command } from 'commander';
import { chaos } from './chaos/chaos.ts';

export const chaosCommand = (): Command => new Command('chaos')
  .description('Run a source undisturbed, then under seeded kill -9 of services, nats-server and the supervisor, at named points and random moments, and compare every sum.')
  .requiredOption('--source <source>', 'a recording or a bounded simulation, as for `up`')
  .option('--seed <n>', 'of the kills', Number, 1)
  .option('--kills <n>', 'how many', Number, 50)
  .option('--speed <n>', 'of the runs that are killed: slow enough to be hit in the middle', '8')
  .option('--json', 'print one JSON object')
  .addHelpText('after', '\nExamples:\n  ./foretick chaos --source recording:../shared/data/binance-usdm --seed 1 --kills 20\n  ./foretick chaos --source simulator:1,minutes=30 --kills 1000 --json\nExit code 1 when anything differed.')
  .action(async (options: { source: string; seed: number; kills: number; speed: string; json?: boolean }) => {
    const report = await chaos({ ...options, say: (text) => process.stderr.write(`  ${text}\n`) });
    if (options.json) console.log(JSON.stringify(report));
    else {
      console.log(`${report.kills} kills in ${report.runs} runs, ${report.mismatches} mismatches`);
      for (const difference of report.differences) console.log(`  differs: ${difference}`);
      console.log(`recovery of a service: p50 ${report.recoveryMs.p50} ms, p99 ${report.recoveryMs.p99} ms, longest ${report.recoveryMs.max} ms (${report.recoveryMs.n} measured)`);
      if (report.slowest.length > 0) console.log(`the slowest: ${report.slowest.join(', ')}`);
    }
    process.exitCode = report.mismatches === 0 ? 0 : 1;
  });
