/** `foretick worker`: joins a run that has several universes. The run may be on another machine: its plan is on NATS. */
import { hostname } from 'node:os';
import { join, resolve } from 'node:path';
import { Command } from 'commander';
import { type Config, configPath, loadConfig } from '../runtime/config.ts';
import { RefusedError } from '../runtime/errors.ts';
import { runService } from '../runtime/service.ts';
import { connect } from '../streams/edge/connect.ts';
import { publishHealth } from '../streams/edge/health.ts';
import { getWorkPlan } from '../streams/edge/workPlan.ts';
import { runWorker } from '../worker/worker.ts';
import { DEFAULT_DATA_DIR } from './defaults.ts';
import { writePrivate } from '../infra/secrets.ts';
import { natsOption, type RawNatsOptions, tlsOption } from './natsOptions.ts';

interface WorkerOptions extends RawNatsOptions { readonly data: string }

export const workerCommand = (): Command => new Command('worker')
  .description('Claim a fair share of a run\'s universes, and work on them until Ctrl-C. The results don\'t depend on how many workers there are.')
  .option('--data <dir>', 'data folder of a running `foretick up` on this machine', DEFAULT_DATA_DIR)
  .option('--nats <url>', 'instead: address of the run\'s NATS server, from any machine')
  .option('--nats-creds <path>', 'with --nats: who this is there, a file with an nkey seed, credentials, or user and pass')
  .option('--nats-ca <file>', 'with --nats: certificate of the authority that signed the server\'s')
  .option('--nats-cert <file>', 'with --nats: certificate of this client, with --nats-key')
  .option('--nats-key <file>', 'with --nats: its private key')
  .addHelpText('after', '\nExamples:\n  ./foretick worker\n  ./foretick worker --nats tls://10.0.0.5:4222 --nats-creds worker.nk --nats-ca ca.pem\nExit code 3: it stood still for so long that others took over; start it again.')
  .action(async (options: WorkerOptions) => {
    const nats = natsOf(options, process.cwd());
    process.on('SIGINT', () => process.kill(process.pid, 'SIGTERM')); // by hand, Ctrl-C is the order to drain
    const name = `worker-${hostname().replaceAll(/[^A-Za-z0-9-]/g, '-').slice(0, 40)}-${process.pid}`;
    await runService(name, async (context) => {
      const connection = await connect(nats, 'worker', context.log, context.signal);
      publishHealth(connection, context);
      const plan = await getWorkPlan(connection);
      if (plan.workers === 0) throw new RefusedError('this run has a process for each service, and nothing to share', 'Start it with several universes, or with --workers 1.');
      await runWorker(connection, plan, context);
      await connection.close();
    });
  });

function natsOf(options: WorkerOptions, cwd: string): Config['nats'] {
  if (options.nats === undefined) return loadConfig(configPath(resolve(options.data))).nats;
  const { url, credentials } = natsOption(options.nats);
  const tls = tlsOption(options, cwd);
  if (options.natsCreds !== undefined) return { url, credentialsFile: resolve(cwd, options.natsCreds), tls };
  if (credentials === null) return { url, credentialsFile: null, tls };
  const credentialsFile = join(resolve(options.data), 'secrets', 'nats-worker.json');
  writePrivate(credentialsFile, JSON.stringify(credentials));
  return { url, credentialsFile, tls };
}
