/** The trainer service: makes a universe's first model as soon as there is enough to learn from. */
import { constants, setPriority } from 'node:os';
import { join } from 'node:path';
import { loadConfig } from '../runtime/config.ts';
import { wallClock } from '../runtime/clock.ts';
import { runService } from '../runtime/service.ts';
import { connect } from '../streams/edge/connect.ts';
import { publishHealth } from '../streams/edge/health.ts';
import { findLightgbm } from './models/lightgbmLibrary.ts';
import { runTrainer } from './service.ts';

// Before there are threads that would keep another. Training takes all cores there are; forecasts go first.
setPriority(constants.priority.PRIORITY_BELOW_NORMAL);

await runService('trainer', async (context) => {
  const config = loadConfig(process.env['FORETICK_CONFIG']);
  const connection = await connect(config.nats, 'trainer', context.log, context.signal);
  publishHealth(connection, context);
  await runTrainer({ connection, config, context, wall: wallClock, lightgbmLibrary: findLightgbm(join(import.meta.dirname, '..')) });
  await connection.close();
});
