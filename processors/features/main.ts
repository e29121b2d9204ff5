/** The features service: one feed in, one frame a step of the grid out. */
import { loadConfig } from '../../runtime/config.ts';
import { runService } from '../../runtime/service.ts';
import { connect } from '../../streams/edge/connect.ts';
import { publishHealth } from '../../streams/edge/health.ts';
import { runFeatures } from './service.ts';

await runService('features', async (context) => {
  const config = loadConfig(process.env['FORETICK_CONFIG']);
  const connection = await connect(config.nats, 'features', context.log, context.signal);
  publishHealth(connection, context);
  await runFeatures(connection, config, config.universes[0]!, context);
  await connection.close();
});
