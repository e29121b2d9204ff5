/** The full feature set on one core: the frame engine over messages that are parsed already, as the features service runs it. */
import { createFrameEngine } from '../quant/frames/engine.ts';
import { featureSchema } from '../quant/frames/schema.ts';
import { alone, type Bench } from './bench.ts';
import { cpuSeconds } from './support/cpu.ts';
import { simulatedFeed, type SimulatedFeed } from './support/ticks.ts';

const STEP_MS = 1_000;
const TICKS_PER_SECOND = 500_000;
const { features } = featureSchema(STEP_MS);

function ticksPerSecond({ instruments, messages, ticks }: SimulatedFeed): number {
  const engine = createFrameEngine({ instruments, leaders: instruments.slice(0, 2), stepMs: STEP_MS, features });
  let frames = 0;
  const seconds = cpuSeconds(() => {
    for (const message of messages) frames += engine.push(message).length;
  });
  if (frames === 0) throw new Error('no frame was made');
  return ticks / seconds;
}

export const bench: Bench = {
  name: 'features',
  about: `${features.length} features of each symbol at steps of ${STEP_MS} ms, books and frames, of the simulated market (about 8 ticks a second and symbol). Per second of CPU time, so that a busy machine doesn't show.`,
  leavesOut: 'reading and parsing messages, encoding and publishing frames (the pipeline bench has them).',
  async run({ quick, say }) {
    const rows = [];
    for (const symbols of quick ? [10] : [10, 100]) {
      const feed = await simulatedFeed(symbols, quick ? 0.5 : 600 / symbols);
      const rates = Array.from({ length: quick ? 3 : 9 }, () => ticksPerSecond(feed)).slice(1); // the first compiles
      say(`${symbols} symbols: ${rates.map(Math.round).join(', ')} ticks/s`);
      rows.push(alone(rates, { name: `full feature set, ${symbols} symbols`, unit: 'ticks/s', target: { of: 'value', atLeast: TICKS_PER_SECOND }, note: '' }));
    }
    return rows;
  },
};
