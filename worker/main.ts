/** A worker as the supervisor starts it: the data folder and its own name are its arguments. */
import { loadConfig } from '../runtime/config.ts';
import { runService } from '../runtime/service.ts';
import { connect } from '../streams/edge/connect.ts';
import { publishHealth } from '../streams/edge/health.ts';
import { runWorker } from './worker.ts';

await runService(process.argv[3] ?? 'worker', async (context) => {
  const config = loadConfig(process.env['FORETICK_CONFIG']);
  const connection = await connect(config.nats, 'worker', context.log, context.signal);
  publishHealth(connection, context);
  await runWorker(connection, config, context);
  await connection.close();
});
