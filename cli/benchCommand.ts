/** `foretick bench`: how fast it is, each figure beside its limit or peer in the same run. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Command } from 'commander';
import { RefusedError } from '../runtime/errors.ts';
import { ROOT } from '../infra/places.ts';
import { ensureTools } from '../infra/tools.ts';
import { BENCHES } from '../bench/list.ts';
import { resultsOf, runBenches } from '../bench/run.ts';
import { markdown, plain, withTable } from '../bench/table.ts';
import { createTerminal } from './terminal.ts';

const PAGE = join(ROOT, 'BENCHMARKS.md');

interface Options { readonly only?: string; readonly quick?: boolean; readonly json?: boolean; readonly write?: boolean }

export const benchCommand = (): Command => new Command('bench')
  .description('Measure, each figure beside its limit or peer in the same run. All of it takes some fifteen minutes on a quiet machine, and twice that on a slow one.')
  .option('--only <names>', `some of: ${Object.keys(BENCHES).join(', ')}`)
  .option('--quick', 'a few seconds each: shows that the benches work, not how fast anything is')
  .option('--json', 'print one JSON object: machine, results')
  .option('--write', 'replace the table in BENCHMARKS.md by this run')
  .addHelpText('after', '\nExamples:\n  ./foretick bench\n  ./foretick bench --only features,queries\n  ./foretick bench --json --write\nExit code 1 when a figure falls short or could not be measured, except with --quick.')
  .action(async (options: Options) => {
    const names = options.only?.split(',').map((name) => name.trim()) ?? Object.keys(BENCHES);
    const unknown = names.filter((name) => !Object.hasOwn(BENCHES, name));
    if (unknown.length > 0) throw new RefusedError(`--only: there is no bench ${unknown.join(', ')}`, `There is: ${Object.keys(BENCHES).join(', ')}.`);
    if (options.write && (options.only !== undefined || options.quick)) throw new RefusedError('--write: only a whole run replaces the table', 'Leave --only and --quick out.');
    const terminal = createTerminal(process.stderr, () => performance.now());
    await ensureTools(ROOT, { natsServer: true, dashboard: false }, process.env['PATH'] ?? '', terminal);
    const report = await runBenches(names, options.quick ?? false, (text) => terminal.line(text));
    const results = resultsOf(report);
    if (options.write) writeFileSync(PAGE, withTable(readFileSync(PAGE, 'utf8'), markdown(report)));
    console.log(options.json ? JSON.stringify({ at: report.at, quick: report.quick, machine: report.machine, results }) : plain(report));
    process.exitCode = options.quick || results.every(({ met, value }) => met !== false && value !== null) ? 0 : 1;
  });
