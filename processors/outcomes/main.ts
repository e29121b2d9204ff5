/** The outcomes service: predictions meet what happened, and are scored. */
import { loadConfig } from '../../runtime/config.ts';
import { runService } from '../../runtime/service.ts';
import { connect } from '../../streams/edge/connect.ts';
import { publishHealth } from '../../streams/edge/health.ts';
import { runOutcomes } from './service.ts';

await runService('outcomes', async (context) => {
  const config = loadConfig(process.env['FORETICK_CONFIG']);
  const connection = await connect(config.nats, 'outcomes', context.log, context.signal);
  publishHealth(connection, context);
  await runOutcomes(connection, config.universes[0]!, context);
  await connection.close();
});
