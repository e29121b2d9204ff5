/** A source run undisturbed, then again and again under seeded kills: the sums must be the same. */
import { mkdtempSync, rmdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createRandom } from '../../quant/random.ts';
import { configPath, loadConfig } from '../../runtime/config.ts';
import { messageOf, RefusedError } from '../../runtime/errors.ts';
import { endLeftovers } from '../../runtime/supervisor.ts';
import type { Summary } from '../summary.ts';
import { storeDigest } from './digest.ts';
import { startPipeline } from './pipeline.ts';
import { killsOf, newWounds, type Recovery, wound } from './wound.ts';

/** Enough to see that something is wrong. */
const MAX_FAILED_RUNS = 5;

export interface ChaosOptions {
  readonly source: string;
  /** As `up` takes them: NAME=SYMBOL,SYMBOL… */
  readonly universes: readonly string[];
  /** Of the runs that are killed. The undisturbed one has a single worker where there are several universes, else a process a service. */
  readonly workers: number;
  readonly seed: number;
  readonly kills: number;
  readonly speed: string;
  /** Of one run; who isn't at its end by then hangs. */
  readonly limitMs: number;
  readonly say: (text: string) => void;
}
interface Quantiles { readonly n: number; readonly p50: number | null; readonly p99: number | null; readonly max: number | null }
export interface ChaosReport {
  readonly seed: number;
  readonly runs: number;
  readonly kills: number;
  readonly mismatches: number;
  /** What differed, in which run. */
  readonly differences: readonly string[];
  /** Until a process was ready again. */
  readonly recoveryMs: Quantiles;
  /** Until all was ready after a killed supervisor was started again. */
  readonly restartMs: Quantiles;
  /** Until all that a killed worker had worked on was worked on by others. */
  readonly takeoverMs: Quantiles;
  /** What was killed, and how long until that was made up for. */
  readonly slowest: readonly string[];
  readonly killsBy: Readonly<Record<string, number>>;
  readonly sums: Readonly<Record<string, string>>;
}

export async function chaos(options: ChaosOptions): Promise<ChaosReport> {
  const root = mkdtempSync(join(tmpdir(), 'foretick-chaos-'));
  try {
    options.say('the undisturbed run');
    const calm = join(root, 'calm');
    const expected = await sumsOf(await run(calm, { ...options, speed: 'max', more: sharing(options, Math.min(options.workers, options.universes.length > 1 ? 1 : 0)) }, async () => undefined), calm);
    rmSync(calm, { recursive: true, force: true });
    const random = createRandom(options.seed);
    const wounds = newWounds();
    const differences: string[] = [];
    let runs = 0;
    let failed = 0;
    while (killsOf(wounds) < options.kills && failed < MAX_FAILED_RUNS) {
      runs += 1;
      const data = join(root, `run-${runs}`);
      const before = killsOf(wounds);
      const found = await differs(expected, data, () => run(data, { ...options, more: sharing(options, options.workers) }, (pipeline, again) => wound(pipeline, { ...options, random, wounds, again })));
      differences.push(...found.map((what) => `run ${runs}: ${what}`));
      options.say(`run ${runs}: ${killsOf(wounds) - before} kills, ${killsOf(wounds)} of ${options.kills} in all, ${differences.length} differences`);
      if (found.length > 0) failed += 1;
      else rmSync(data, { recursive: true, force: true });
    }
    return {
      seed: options.seed, runs, kills: killsOf(wounds), mismatches: differences.length, differences,
      recoveryMs: quantiles(wounds.recoveries), restartMs: quantiles(wounds.restarts), takeoverMs: quantiles(wounds.takeovers),
      slowest: byMs([...wounds.recoveries, ...wounds.takeovers]).slice(-5).reverse().map(({ what, ms }) => `${what} ${Math.round(ms)} ms`), killsBy: wounds.kills, sums: expected,
    };
  } finally {
    removeEmpty(root);
  }
}

/** As options of `up`. */
const sharing = ({ universes }: ChaosOptions, workers: number): string[] => [...universes.flatMap((universe) => ['--universe', universe]), ...(workers > 0 ? ['--workers', String(workers)] : [])];

const byMs = (recoveries: readonly Recovery[]): Recovery[] => recoveries.toSorted((a, b) => a.ms - b.ms);

function quantiles(recoveries: readonly Recovery[]): Quantiles {
  const sorted = byMs(recoveries);
  const quantile = (q: number): number | null => (sorted.length === 0 ? null : Math.round(sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))]!.ms));
  return { n: sorted.length, p50: quantile(0.5), p99: quantile(0.99), max: quantile(1) };
}

/** What isn't as in the undisturbed run; a run that fails is one more difference, and its folder stays for whoever looks into it. */
async function differs(expected: Record<string, string>, data: string, wounded: () => Promise<Summary>): Promise<string[]> {
  try {
    const got = await sumsOf(await wounded(), data);
    return Object.entries(expected).filter(([what, sum]) => got[what] !== sum).map(([what]) => `${what} (kept in ${data})`);
  } catch (error) {
    return [`${messageOf(error)} (kept in ${data})`];
  }
}

function removeEmpty(folder: string): void {
  try {
    rmdirSync(folder);
  } catch {
    // A run that differed or failed is kept in it.
  }
}

/** `again`: a supervisor of the same run was killed before. */
type Disturb = (pipeline: ReturnType<typeof startPipeline>, again: boolean) => Promise<unknown>;

/** To its summary, however often the supervisor is killed on the way. `more` are further options of `up`. */
export async function run(data: string, { source, speed, limitMs, more = [] }: Pick<ChaosOptions, 'source' | 'speed' | 'limitMs'> & { more?: readonly string[] }, disturb: Disturb): Promise<Summary> {
  const untilMs = performance.now() + limitMs;
  for (let again = false; ; again = true) {
    const pipeline = startPipeline(['--source', source, '--speed', speed, '--exit', '--json', '--data', data, '--port', '0', ...more], data);
    let isLate = false;
    const limit = setTimeout(() => {
      isLate = true;
      void pipeline.killSupervisor();
    }, untilMs - performance.now());
    const how = await disturb(pipeline, again);
    const { summary, errors } = await pipeline.end();
    clearTimeout(limit);
    if (summary !== null) return summary;
    if (isLate) {
      await endLeftovers(data);
      throw new RefusedError(`a run was not at its end after ${limitMs / 60_000} minutes`, `Its data and logs are in ${data}. If it only needs longer, give --run-minutes.`);
    }
    if (how !== 'supervisor') throw new RefusedError(`a run ended without a summary:\n${errors}`, `Its data and logs are in ${data}.`);
  }
}

export async function sumsOf(summary: Summary, data: string): Promise<Record<string, string>> {
  const store = await storeDigest(loadConfig(configPath(data)));
  return Object.fromEntries([
    ...summary.universes.flatMap(({ universe, sha256 }) => Object.entries(sha256).map(([kind, sum]) => [`${universe}: ${kind}`, sum] as const)),
    ...Object.entries(store).map(([table, sum]) => [`store: ${table}`, sum] as const),
  ]);
}
