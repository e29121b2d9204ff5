/**
 * Processor time a tick of each service, and of each symbol in each frame behind them, with 10, 100, 500 symbols (the most one universe
 * has) and 1,000 (two universes with a feed each, side by side): everything at once over as many frames, so that what goes by frames
 * (snapshots, scores, outcomes of the longest horizon) is in every size alike, and what grows with the number of symbols shows.
 *
 * Each figure is what a long run took more than a short one. Otherwise the start and the compiling of code, the same for every size,
 * would be divided by few ticks with few symbols and by many with many: dear beside cheap.
 */
import type { Connection } from '../streams/edge/connect.ts';
import { type NatsServer, startNatsServer } from '../tests/support/natsServer.ts';
import { type Bench, missing, type Row } from './bench.ts';
import { beyond, type Spent, sumOf, together } from './support/costs.ts';
import { forgetRun, runPipeline } from './support/pipeline.ts';
import { connectQuietly } from './support/quiet.ts';
import { countedFeed } from './support/ticks.ts';

interface Size { readonly universes: number; readonly symbols: number; /** Frames of the short run: 40,000 ticks at least, by when hot code is compiled. */ readonly before: number; /** Few symbols take little time, which the system counts in hundredths of a second. */ readonly repeats: number }
const SIZES: readonly Size[] = [
  { universes: 1, symbols: 10, before: 500, repeats: 2 }, { universes: 1, symbols: 100, before: 50, repeats: 1 }, { universes: 1, symbols: 500, before: 15, repeats: 1 }, { universes: 2, symbols: 500, before: 15, repeats: 1 },
];
/** Of one second each, more in the long run: two snapshots of outcomes, one of inference, one of features at least, and scores. 1.6 million ticks with 1,000 symbols: more would take minutes. */
const FRAMES = 200;
const QUICK_FRAMES = 20;
/** By whom, and whether its work goes by ticks or by rows of frames. */
const PARTS = { source: 'ticks', features: 'ticks', recorder: 'ticks', 'nats-server': 'ticks', inference: 'rows', outcomes: 'rows' } as const;
type CostPart = keyof typeof PARTS;
/** Flat: the cost at the most symbols is at most this much of the cost at the fewest. */
const FLAT = 1.2;

interface Measured { readonly size: Size; readonly spent: Spent }

const costUs = ({ spent }: Measured, part: CostPart): number | null => {
  const cpu = spent.cpu[part];
  return cpu === null || cpu === undefined ? null : (cpu * 1e6) / spent[PARTS[part]];
};

const sizeText = ({ universes, symbols }: Size): string => `${(universes * symbols).toLocaleString('en-US')} symbols${universes === 1 ? '' : ` in ${universes} universes`}`;

function rowOf(name: string, unit: string, costs: readonly (readonly [Measured, number | null])[], flat: boolean): Row {
  const row = { name, unit, beside: `with ${SIZES[0]!.symbols} symbols`, target: flat ? { of: 'ratio' as const, atMost: FLAT } : null };
  const first = costs[0]![1];
  const last = costs.at(-1)![1];
  if (first === null || last === null) return missing(row, 'this system doesn\'t say what a process has used');
  return { ...row, value: last, besideValue: first, ratio: last / first, spread: null, note: `${costs.map(([{ size }, cost]) => `${sizeText(size)}: ${cost!.toFixed(1)}`).join(', ')}.` };
}

/** Side by side, every universe of that size over its first frames. */
async function run(server: NatsServer, connection: Connection, { universes, symbols }: Size, frames: number, name: string): Promise<Spent> {
  const minutes = frames / 60;
  const { instruments, ticks } = await countedFeed(symbols, minutes);
  const wishes = { server, connection, symbols, minutes, instruments, parts: ['recorder', 'inference', 'outcomes'] } as const;
  const names = Array.from({ length: universes }, (_, i) => `${name}-${i}`);
  const runs = await Promise.all(names.map((one) => runPipeline({ ...wishes, name: one })));
  for (const one of names) await forgetRun(connection, one);
  return together(runs, ticks, symbols * frames);
}

async function measure(server: NatsServer, connection: Connection, size: Size, quick: boolean): Promise<Measured> {
  const name = `cost-${size.universes}-${size.symbols}`;
  // No difference of two moments: it could be nothing.
  if (quick) return { size, spent: await run(server, connection, size, QUICK_FRAMES, name) };
  const spent: Spent[] = [];
  for (let i = 0; i < size.repeats; i++) {
    const short = await run(server, connection, size, size.before, `${name}-${i}-short`);
    spent.push(beyond(await run(server, connection, size, size.before + FRAMES, `${name}-${i}-long`), short));
  }
  return { size, spent: sumOf(spent) };
}

export const bench: Bench = {
  name: 'cost',
  about: `Source, features, recorder, inference and outcomes with a trained model of two horizons, simulated ticks at full speed, frames of a second. Processor time of ${FRAMES} frames more, after ${SIZES.map(({ before }) => before).join(', ')} (40,000 ticks at least) with ${SIZES.map(({ universes, symbols }) => universes * symbols).join(', ')} symbols; with ${SIZES[0]!.symbols} the sum of ${SIZES[0]!.repeats} repetitions. Memory at the end, of the processes of both universes in sum.`,
  leavesOut: 'latest and the gateway, whose work goes by wall time and by readers; the start of processes and the compiling of their code; windows filled for longer than these frames (a calibration\'s has 1,205); memory of the store\'s page cache, and peaks of memory.',
  async run({ quick, say }) {
    const server = await startNatsServer();
    const connection = await connectQuietly(server.url);
    const measured: Measured[] = [];
    try {
      for (const size of quick ? SIZES.slice(0, 1) : SIZES) {
        const one = await measure(server, connection, size, quick);
        measured.push(one);
        say(`${sizeText(size)}, ${one.spent.ticks.toLocaleString('en-US')} ticks, ${one.spent.rows.toLocaleString('en-US')} rows: CPU s ${JSON.stringify(one.spent.cpu)}, MB ${JSON.stringify(Object.fromEntries(Object.entries(one.spent.rssBytes).map(([part, bytes]) => [part, Math.round(bytes / 1024 ** 2)])))}`);
      }
    } finally {
      await connection.close();
      await server.stop();
    }
    return rowsOf(measured);
  },
};

function rowsOf(measured: readonly Measured[]): Row[] {
  const of = (part: CostPart): [Measured, number | null][] => measured.map((one) => [one, costUs(one, part)]);
  const tickParts = (Object.keys(PARTS) as CostPart[]).filter((part) => PARTS[part] === 'ticks');
  const sums = measured.map((one): [Measured, number | null] => [one, tickParts.map((part) => costUs(one, part)).reduce<number | null>((sum, cost) => (sum === null || cost === null ? null : sum + cost), 0)]);
  return [
    rowOf('processor time a tick, from source to store', 'µs', sums, true),
    ...tickParts.map((part) => rowOf(`… of it ${part}`, 'µs', of(part), false)),
    ...(['inference', 'outcomes'] as const).map((part) => rowOf(`processor time a symbol in a frame, ${part}`, 'µs', of(part), true)),
    ...(['features', 'inference', 'outcomes', 'recorder'] as const).map((part) => rowOf(`memory, ${part}`, 'MB', measured.map((one): [Measured, number] => [one, (one.spent.rssBytes[part] ?? 0) / 1024 ** 2]), false)),
  ];
}
