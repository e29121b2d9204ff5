/** The command lines of `foretick backup` and `foretick restore`. */
import { resolve } from 'node:path';
import { Command } from 'commander';
import { backup } from './backup/backup.ts';
import { restore } from './backup/restore.ts';
import { DEFAULT_DATA_DIR } from './defaults.ts';
import { otherServer } from './nats.ts';
import type { RawNatsOptions } from './natsOptions.ts';
import { parseOptions } from './options.ts';
import { problemsError } from './prepare.ts';
import { createTerminal } from './terminal.ts';

const mb = (bytes: number): string => `${(bytes / 1e6).toFixed(1)} MB`;
const warnings = (leftOut: readonly string[]): string => leftOut.map((what) => `\nleft out: ${what}`).join('');
const terminalFor = (json: boolean | undefined) => createTerminal(json === true ? process.stderr : process.stdout, () => performance.now());

export const backupCommand = (): Command => new Command('backup')
  .description('Copy streams, models, history and configuration of a data folder, also while its pipeline runs. Secrets are left out.')
  .argument('<dir>', 'an empty or a new folder')
  .option('--data <dir>', 'data folder', DEFAULT_DATA_DIR)
  .option('--json', 'print one JSON object')
  .addHelpText('after', '\nExamples:\n  ./foretick backup /backups/monday\n  ./foretick backup /backups/monday --data ./second --json\nIt is whole when manifest.json is there. ./foretick restore checks every file and goes on from it.')
  .action(async (dir: string, options: { data: string; json?: boolean }) => {
    const report = await backup(resolve(options.data), resolve(dir), terminalFor(options.json));
    console.log(options.json === true ? JSON.stringify(report) : `${report.dir}: ${report.files} files, ${mb(report.bytes)}, in ${report.seconds.toFixed(1)} s${warnings(report.leftOut)}`);
    process.exit(0);
  });

export const restoreCommand = (): Command => new Command('restore')
  .description('Fill an empty data folder from a backup; `up` then goes on from there. Keys, passwords and the token are made anew.')
  .argument('<dir>', 'folder of the backup')
  .option('--data <dir>', 'data folder, empty or new', DEFAULT_DATA_DIR)
  .option('--nats <url>', 'restore into this NATS server or cluster instead of one that foretick starts')
  .option('--nats-creds <path>', 'who we are there')
  .option('--nats-ca <file>', 'the authority that signed its certificate')
  .option('--nats-cert <file>', 'our certificate, where it asks for one')
  .option('--nats-key <file>', 'the key of that certificate')
  .option('--replicas <n>', 'copies of each stream in a cluster: 1, 3 or 5')
  .option('--json', 'print one JSON object')
  .addHelpText('after', '\nExamples:\n  ./foretick restore /backups/monday --data ./restored\n  ./foretick up --data ./restored')
  .action(async (dir: string, options: RawNatsOptions & { data: string; json?: boolean }) => {
    const { wishes, problems } = parseOptions(options, process.cwd());
    if (problems.length > 0) throw problemsError(problems);
    const report = await restore(resolve(dir), wishes.dataDir, wishes.nats === undefined ? null : () => otherServer(wishes, null), terminalFor(options.json));
    console.log(options.json === true ? JSON.stringify(report) : `${report.dataDir}: as of ${report.madeAt}, ${report.files} files, in ${report.seconds.toFixed(1)} s; ./foretick up --data ${report.dataDir} goes on${warnings(report.leftOut)}`);
    process.exit(0);
  });
