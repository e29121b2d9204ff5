/** The recorder service: the streams into the history. */
import { loadConfig } from '../../runtime/config.ts';
import { runService } from '../../runtime/service.ts';
import { connect } from '../../streams/edge/connect.ts';
import { publishHealth } from '../../streams/edge/health.ts';
import { runRecorder } from './recorder.ts';

await runService('recorder', async (context) => {
  const config = loadConfig(process.env['FORETICK_CONFIG']);
  const connection = await connect(config.nats, 'recorder', context.log, context.signal);
  publishHealth(connection, context);
  await runRecorder(connection, config, context);
  await connection.close();
});
