/** `foretick store migrate`: a history from one kind of store into another. Resumable, and compared at the end. */
import { Command } from 'commander';
import { CorruptError, RefusedError } from '../runtime/errors.ts';
import { digestHistory } from '../store/digest.ts';
import { migrate } from '../store/migrate.ts';
import { openReader, openStore, storeUrl } from '../store/open.ts';
import { createTerminal } from './terminal.ts';

const STATUS_EVERY_MS = 250;

interface MigrateOptions { readonly from: string; readonly to: string; readonly json?: boolean }

async function run({ from, to, json }: MigrateOptions): Promise<void> {
  const [source, target] = [storeUrl(from, process.cwd()), storeUrl(to, process.cwd())];
  if (source === target) throw new RefusedError('--from and --to are the same history');
  const terminal = createTerminal(json ? process.stderr : process.stdout, () => performance.now());
  const reader = openReader(source);
  const store = openStore(target);
  const into = openReader(target);
  const started = performance.now();
  let copied = 0;
  let nextMs = 0;
  const rate = (): number => Math.round((copied / Math.max(1, performance.now() - started)) * 1_000);
  try {
    await migrate(reader, store, into, source, (what, rows) => {
      copied += rows;
      if (performance.now() < nextMs) return;
      nextMs = performance.now() + STATUS_EVERY_MS;
      terminal.status(`  ${what}: ${copied.toLocaleString('en-US')} rows, ${rate().toLocaleString('en-US')} rows/s`);
    });
    const [seconds, rowsPerSecond] = [(performance.now() - started) / 1_000, rate()];
    const digests = await terminal.step('comparing', async () => ({ from: await digestHistory(reader), to: await digestHistory(into) }));
    const different = Object.keys(digests.from).filter((kind) => digests.from[kind] !== digests.to[kind]);
    if (json) console.log(JSON.stringify({ ok: different.length === 0, rows: copied, seconds, rowsPerSecond, different, digests }));
    if (different.length > 0) throw new CorruptError(`the two histories differ in: ${different.join(', ')}`, 'Did something write to one of them meanwhile? Stop it and run this again; if they still differ, migrate into a new, empty history.');
    terminal.line(`${copied.toLocaleString('en-US')} rows in ${seconds.toFixed(1)} s (${rowsPerSecond.toLocaleString('en-US')} rows/s); both histories have the same sums`);
  } finally {
    await Promise.all([reader.close(), store.close(), into.close()]);
  }
}

const migrateCommand = (): Command => new Command('migrate')
  .description('Copy a history into an empty one of the same or another kind, then compare the sums of both. Killed or cut off, it goes on where it was. Stop the pipeline first.')
  .requiredOption('--from <store>', 'a file of SQLite, or questdb:http://USER:PASSWORD@HOST:9000/NAME')
  .requiredOption('--to <store>', 'the same kinds')
  .option('--json', 'print one JSON object: ok, rows, seconds, rowsPerSecond, different, digests')
  .addHelpText('after', `
Examples:
  ./foretick store migrate --from .foretick/data/history.db --to questdb:http://USER:PASSWORD@127.0.0.1:9000
  ./foretick store migrate --from questdb:http://USER:PASSWORD@127.0.0.1:9000 --to copy.db`)
  .action(run);

export const storeCommand = (): Command => new Command('store')
  .description('Work on histories, without a pipeline.')
  .addCommand(migrateCommand().exitOverride())
  .addHelpText('after', `
Example:
  ./foretick store migrate --from history.db --to questdb:http://USER:PASSWORD@127.0.0.1:9000 --json`);
