/**
 * Serves dashboard/dist with an invented market until it is interrupted.
 *
 *   node dashboard/dev/main.ts [--port 8099] [--symbols 8] [--market simulated|recording|live] [--no-model]
 */
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { universeInfo } from '../../sdk/api.ts';
import { startDevGateway } from './gateway.ts';

const { values } = parseArgs({
  options: { port: { type: 'string', default: '8099' }, symbols: { type: 'string', default: '8' }, market: { type: 'string', default: 'simulated' }, 'no-model': { type: 'boolean', default: false } },
});
const gateway = await startDevGateway({
  distDir: join(import.meta.dirname, '../dist'), port: Number(values.port), symbols: Number(values.symbols),
  market: universeInfo.shape.market.parse(values.market), withModel: !values['no-model'],
});
console.log(gateway.loginUrl);
