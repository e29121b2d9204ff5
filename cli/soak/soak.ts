/**
 * The real pipeline under an even load for as long as is asked, watched from outside. It is `up` as a child with a data
 * folder of its own, on the simulated market at the speed that gives the rate, with a reader at the WebSocket and REST.
 */
import { appendFileSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Config, configPath, loadConfig } from '../../runtime/config.ts';
import { RefusedError } from '../../runtime/errors.ts';
import { readRunState } from '../../runtime/supervisor.ts';
import { createClient } from '../../sdk/client.ts';
import { openStream } from '../../sdk/stream.ts';
import { SIMULATION_START_TS } from '../../streams/sources/simulator/simulator.ts';
import { type Pipeline, startPipeline } from '../chaos/pipeline.ts';
import { openConnection } from '../nats.ts';
import { reportOf, type SoakReport } from './report.ts';
import { inferenceDetail, type Sample, takeSample } from './sample.ts';
import { speedFor } from './speed.ts';

export interface SoakOptions {
  readonly rate: number;
  readonly minutes: number;
  readonly symbols: number;
  /** Each sample is added to this file as a line of JSON; null: none is kept. */
  readonly samplesFile: string | null;
  readonly signal: AbortSignal;
  say(text: string): void;
}

const SEED = 1;
/** Known time that trains the first model; replayed at full speed before anything is measured. */
const TRAINING_MINUTES = 15;
const FIRST_FORECAST_MS = 900_000;
const POLL_MS = 200;
/** Samples of a whole run; more than one each SHORTEST_MS would be load of its own. */
const SAMPLES = 720;
const SHORTEST_MS = 250;
/** A look that takes longer, or fails because the server is away, is passed over. */
const LOOK_MS = 15_000;
const SAY_EVERY_S = 60;

export async function soak(options: SoakOptions): Promise<SoakReport> {
  const speed = await speedFor(SEED, options.symbols, options.rate, options.minutes, TRAINING_MINUTES);
  const dataDir = mkdtempSync(join(tmpdir(), 'foretick-soak-'));
  options.say(`${options.symbols} simulated symbols at ${speed.toFixed(2)} times their own speed: ${options.rate} trades and quotes a second`);
  const pipeline = startPipeline([
    '--source', `simulator:${SEED},symbols=${options.symbols}`, '--speed', String(speed), '--train-until', String(SIMULATION_START_TS + TRAINING_MINUTES * 60_000_000), '--data', dataDir, '--port', '0', '--json',
  ], dataDir);
  try {
    await untilForecasting(pipeline, dataDir, options);
    const config = loadConfig(configPath(dataDir));
    const { samples, ended } = await watched(pipeline, config, options);
    return reportOf(samples, options.rate, ended);
  } finally {
    await stop(pipeline, dataDir);
    rmSync(dataDir, { recursive: true, force: true });
  }
}

async function untilForecasting(pipeline: Pipeline, dataDir: string, { signal, say }: SoakOptions): Promise<void> {
  const startedMs = performance.now();
  while (!(await inferenceDetail(readRunState(dataDir))).startsWith('serving')) {
    if (!pipeline.isUp()) throw new RefusedError(`the pipeline ended before its first forecast:\n${(await pipeline.end()).errors}`);
    if (performance.now() - startedMs > FIRST_FORECAST_MS) throw new RefusedError(`no forecast within ${FIRST_FORECAST_MS / 60_000} minutes`, 'Take a lower --rate or fewer --symbols for this machine.');
    if (signal.aborted) throw new RefusedError('stopped before the first forecast: nothing was measured');
    await sleep(POLL_MS);
  }
  say(`first forecast after ${((performance.now() - startedMs) / 1_000).toFixed(0)} s; from here it is measured`);
}

/** `ended`: what the pipeline said when it ended though nobody stopped it; null: it ran to the end. */
async function watched(pipeline: Pipeline, config: Config, options: SoakOptions): Promise<{ samples: Sample[]; ended: string | null }> {
  const connection = await openConnection(config);
  const reader = openReader(config);
  const samples: Sample[] = [];
  const startedMs = performance.now();
  const wholeMs = options.minutes * 60_000;
  const everyMs = Math.max(SHORTEST_MS, wholeMs / SAMPLES);
  let saidS = 0;
  try {
    for (let next = 0; next <= wholeMs && pipeline.isUp() && !options.signal.aborted; next += everyMs) {
      await sleep(Math.max(0, startedMs + next - performance.now()));
      const [sample] = await Promise.all([Promise.race([takeSample(connection, config, startedMs).catch(() => null), sleep(LOOK_MS).then(() => null)]), reader.ask()]);
      if (sample === null || options.signal.aborted) continue; // Ctrl-C in a terminal stops the pipeline too
      samples.push(sample);
      if (options.samplesFile !== null) appendFileSync(options.samplesFile, `${JSON.stringify(sample)}\n`);
      if (sample.atS - saidS < SAY_EVERY_S) continue;
      saidS = sample.atS;
      const so = reportOf(samples, options.rate);
      options.say(`${so.minutes} of ${options.minutes} minutes, ${so.ticksPerSecond.measured} ticks/s; MB: ${Object.entries(sample.services).map(([name, { rssBytes }]) => `${name} ${Math.round(rssBytes / 1e6)}`).join(', ')}`);
    }
    return { samples, ended: pipeline.isUp() || options.signal.aborted ? null : (await pipeline.end()).errors.trim() };
  } finally {
    reader.close();
    await connection.close();
  }
}

/** One user: everything over the WebSocket, and a question of the history with each look. */
function openReader({ gateway, universes }: Config) {
  const options = { baseUrl: `http://${gateway.host}:${gateway.port}`, token: readFileSync(gateway.tokenFile, 'utf8').trim() };
  const stream = openStream({ ...options, instruments: ['*'], onMessage: () => undefined });
  const client = createClient(options);
  const [instrument = ''] = universes[0]!.instruments;
  return {
    ask: (): Promise<unknown> => client.bars({ instrument, interval: '1s', limit: 300 }).catch(() => null),
    close: (): void => stream.close(),
  };
}

async function stop(pipeline: Pipeline, dataDir: string): Promise<void> {
  const pid = readRunState(dataDir)?.pid;
  if (pid !== undefined && pipeline.isUp()) process.kill(pid, 'SIGTERM');
  await pipeline.end();
}

const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
