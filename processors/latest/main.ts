/** The latest service: ticks, predictions and scores in, the newest of each instrument out, for readers. */
import { loadConfig } from '../../runtime/config.ts';
import { wallClock } from '../../runtime/clock.ts';
import { runService } from '../../runtime/service.ts';
import { connect } from '../../streams/edge/connect.ts';
import { publishHealth } from '../../streams/edge/health.ts';
import { runLatest } from './service.ts';

await runService('latest', async (context) => {
  const config = loadConfig(process.env['FORETICK_CONFIG']);
  const connection = await connect(config.nats, 'latest', context.log, context.signal);
  publishHealth(connection, context);
  await runLatest(connection, config, context, wallClock);
  await connection.close();
});
