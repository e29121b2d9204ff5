/**
 * Processor time a tick of each service, and of each symbol in each frame behind them, with 10, 100, 500 symbols (the most one universe
 * has) and 1,000 (two universes with a feed each, side by side): everything at once over the same number of ticks, so that what grows with the number of symbols shows.
 */
import { startNatsServer } from '../tests/support/natsServer.ts';
import { type Bench, missing, type Row } from './bench.ts';
import { connectQuietly, type PipelineRun, runPipeline } from './support/pipeline.ts';
import { simulatedFeed } from './support/ticks.ts';

const SIZES = [{ universes: 1, symbols: 10 }, { universes: 1, symbols: 100 }, { universes: 1, symbols: 500 }, { universes: 2, symbols: 500 }] as const;
const TICKS = 120_000;
/** A symbol's row in a frame of one second: what inference and outcomes are asked for. */
const FRAMES_PER_MINUTE = 60;
/** By whom, and whether its work goes by ticks or by rows of frames. */
const PARTS = { source: 'tick', features: 'tick', recorder: 'tick', 'nats-server': 'tick', inference: 'row', outcomes: 'row' } as const;
/** Flat: the cost at the most symbols is at most this much of the cost at the fewest. */
const FLAT = 1.2;

interface Measured { readonly symbols: number; readonly ticks: number; readonly frameRows: number; readonly run: PipelineRun }

/** The processor time of all; that of the server, which they share, was seen by each of them. Memory is that of the largest. */
function together(runs: readonly PipelineRun[]): PipelineRun {
  const of = (part: string): number | null => {
    const each = runs.map((run) => run.cpu[part] ?? null);
    if (each.some((cpu) => cpu === null)) return null;
    return part === 'nats-server' ? Math.max(...(each as number[])) : (each as number[]).reduce((sum, cpu) => sum + cpu, 0);
  };
  const parts = Object.keys(runs[0]!.cpu);
  return { seconds: Math.max(...runs.map(({ seconds }) => seconds)), cpu: Object.fromEntries(parts.map((part) => [part, of(part)])), rssBytes: Object.fromEntries(parts.map((part) => [part, Math.max(...runs.map(({ rssBytes }) => rssBytes[part] ?? 0))])) };
}

const costUs = ({ ticks, frameRows, run }: Measured, part: keyof typeof PARTS): number | null => {
  const cpu = run.cpu[part];
  return cpu === null || cpu === undefined ? null : (cpu * 1e6) / (PARTS[part] === 'tick' ? ticks : frameRows);
};

function rowOf(name: string, unit: string, costs: readonly (readonly [Measured, number | null])[], flat: boolean, note: string): Row {
  const row = { name, unit, beside: `with ${SIZES[0].symbols} symbols`, target: flat ? { of: 'ratio' as const, atMost: FLAT } : null };
  const first = costs[0]![1];
  const last = costs.at(-1)![1];
  if (first === null || last === null) return missing(row, 'this system doesn\'t say what a process has used');
  return { ...row, value: last, besideValue: first, ratio: last / first, spread: null, note: `${costs.map(([{ symbols }, cost]) => `${symbols} symbols: ${cost!.toFixed(1)}`).join(', ')}. ${note}` };
}

export const bench: Bench = {
  name: 'cost',
  about: `Source, features, recorder, inference and outcomes with a trained model of two horizons over about ${TICKS.toLocaleString('en-US')} simulated ticks at full speed, frames of a second.`,
  leavesOut: 'latest and the gateway, whose work goes by wall time and by readers, and memory of the store\'s page cache.',
  async run({ quick, say }) {
    const server = await startNatsServer();
    const connection = await connectQuietly(server.url);
    const measured: Measured[] = [];
    try {
      for (const { universes, symbols } of quick ? SIZES.slice(0, 1) : SIZES) {
        const minutes = (quick ? 2_000 : TICKS / universes) / (symbols * 8 * 60);
        const steps = Math.max(1, Math.round(minutes * 300)) / 300; // the simulator's own rounding
        const { instruments, ticks } = await simulatedFeed(symbols, steps);
        const runs = await Promise.all(Array.from({ length: universes }, (_, i) => runPipeline({ server, connection, name: `cost-${symbols}-${universes}-${i}`, symbols, minutes: steps, instruments, parts: ['recorder', 'inference', 'outcomes'] })));
        const run = together(runs);
        measured.push({ symbols: universes * symbols, ticks: universes * ticks, frameRows: universes * symbols * Math.floor(steps * FRAMES_PER_MINUTE), run });
        say(`${universes} × ${symbols} symbols, ${universes * ticks} ticks: CPU s ${JSON.stringify(run.cpu)}, MB ${JSON.stringify(Object.fromEntries(Object.entries(run.rssBytes).map(([part, bytes]) => [part, Math.round(bytes / 1024 ** 2)])))}`);
      }
    } finally {
      await connection.close();
      await server.stop();
    }
    const of = (part: keyof typeof PARTS): [Measured, number | null][] => measured.map((one) => [one, costUs(one, part)]);
    const tickParts = (Object.keys(PARTS) as (keyof typeof PARTS)[]).filter((part) => PARTS[part] === 'tick');
    const sums = measured.map((one): [Measured, number | null] => [one, tickParts.map((part) => costUs(one, part)).reduce<number | null>((sum, cost) => (sum === null || cost === null ? null : sum + cost), 0)]);
    return [
      rowOf('processor time a tick, from source to store', 'µs', sums, true, ''),
      ...tickParts.map((part) => rowOf(`… of it ${part}`, 'µs', of(part), false, '')),
      ...(['inference', 'outcomes'] as const).map((part) => rowOf(`processor time a symbol in a frame, ${part}`, 'µs', of(part), true, '')),
      ...(['features', 'inference', 'outcomes', 'recorder'] as const).map((part) => rowOf(`memory, ${part}`, 'MB', measured.map((one): [Measured, number] => [one, (one.run.rssBytes[part] ?? 0) / 1024 ** 2]), false, '')),
    ];
  },
};
