/** `foretick soak`: hours under load, and whether anything grows. */
import { writeFileSync } from 'node:fs';
import { Command } from 'commander';
import { RefusedError } from '../runtime/errors.ts';
import { soak } from './soak/soak.ts';
import { soakText } from './soak/text.ts';

interface Options { readonly rate: string; readonly minutes: string; readonly symbols: string; readonly samples?: string; readonly json?: boolean }

function number(flag: string, text: string, least: number, most: number): number {
  const value = Number(text);
  if (!(value >= least && value <= most)) throw new RefusedError(`${flag}: "${text}" is not a number from ${least} to ${most}`);
  return value;
}

export const soakCommand = (): Command => new Command('soak')
  .description('Run the pipeline on the simulated market at an even rate, watch memory, processor, lag and disk of every service, and fit whether memory grows.')
  .option('--rate <n>', 'trades and quotes a second of wall time', '5000')
  .option('--minutes <n>', 'how long to measure; the first fifth is warm-up', '60')
  .option('--symbols <n>', 'simulated symbols, 1 to 500; the speed of the market is chosen to give the rate', '100')
  .option('--samples <file>', 'keep each sample as a line of JSON')
  .option('--json', 'print one JSON object')
  .addHelpText('after', '\nExamples:\n  ./foretick soak --rate 5000 --minutes 60\n  ./foretick soak --rate 500 --minutes 5 --symbols 8 --json\nCtrl-C ends it early with what was measured. Exit code 1 when a service grows, falls behind, is restarted or ends.')
  .action(async (raw: Options) => {
    if (process.platform !== 'linux') throw new RefusedError('soak reads /proc, which this system doesn\'t have', 'Run it on Linux.');
    const symbols = number('--symbols', raw.symbols, 1, 500);
    if (!Number.isInteger(symbols)) throw new RefusedError(`--symbols: ${symbols} is not a whole number`);
    const abort = new AbortController();
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => abort.abort());
    if (raw.samples !== undefined) writeFileSync(raw.samples, '');
    const report = await soak({
      rate: number('--rate', raw.rate, 1, 1_000_000), minutes: number('--minutes', raw.minutes, 0.1, 20_160), symbols,
      samplesFile: raw.samples ?? null, signal: abort.signal, say: (text) => process.stderr.write(`  ${text}\n`),
    });
    console.log(raw.json === true ? JSON.stringify(report) : soakText(report));
    process.exit(report.problems.length === 0 ? 0 : 1);
  });
