/** The source service: the one owner of a feed. */
import { wallClock } from '../../runtime/clock.ts';
import { loadConfig } from '../../runtime/config.ts';
import { runService } from '../../runtime/service.ts';
import { connect } from '../edge/connect.ts';
import { openFeedPublisher } from '../edge/feedPublisher.ts';
import { publishHealth } from '../edge/health.ts';
import { openSource } from './open.ts';
import { pump } from './pump.ts';

await runService('source', async (context) => {
  const { nats, feed } = loadConfig(process.env['FORETICK_CONFIG']);
  const [source, connection] = await Promise.all([openSource(feed.source, feed.contents), connect(nats, 'source', context.log, context.signal)]);
  publishHealth(connection, context);
  await pump(source, await openFeedPublisher(connection, feed.name, context.log, context.signal), feed, wallClock, context);
  await connection.close();
});
