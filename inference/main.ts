/** The inference service: frames and model events in, one prediction message a frame out. */
import { loadConfig } from '../runtime/config.ts';
import { wallClock } from '../runtime/clock.ts';
import { runService } from '../runtime/service.ts';
import { connect } from '../streams/edge/connect.ts';
import { publishHealth } from '../streams/edge/health.ts';
import { runInference } from './service.ts';

await runService('inference', async (context) => {
  const config = loadConfig(process.env['FORETICK_CONFIG']);
  const connection = await connect(config.nats, 'inference', context.log, context.signal);
  publishHealth(connection, context);
  await runInference(connection, config, config.universes[0]!, context, wallClock);
  await connection.close();
});
