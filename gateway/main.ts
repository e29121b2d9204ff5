/** The gateway service: REST, WebSocket and the dashboard. */
import { loadConfig } from '../runtime/config.ts';
import { wallClock } from '../runtime/clock.ts';
import { runService } from '../runtime/service.ts';
import { connect } from '../streams/edge/connect.ts';
import { publishHealth } from '../streams/edge/health.ts';
import { runGateway } from './service.ts';

await runService('gateway', async (context) => {
  const config = loadConfig(process.env['FORETICK_CONFIG']);
  const connection = await connect(config.nats, 'gateway', context.log, context.signal);
  publishHealth(connection, context);
  await runGateway(connection, config, context, wallClock);
  await connection.close();
});
