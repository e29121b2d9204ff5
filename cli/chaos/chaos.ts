/** A source run undisturbed, then again and again under seeded kills: the sums must be the same. */
import { mkdtempSync, rmdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createRandom } from '../../quant/random.ts';
import { configPath, loadConfig } from '../../runtime/config.ts';
import { messageOf, RefusedError } from '../../runtime/errors.ts';
import type { Summary } from '../summary.ts';
import { storeDigest } from './digest.ts';
import { startPipeline } from './pipeline.ts';
import { killsOf, newWounds, wound } from './wound.ts';

/** Enough to see that something is wrong. */
const MAX_FAILED_RUNS = 5;

export interface ChaosOptions { readonly source: string; readonly seed: number; readonly kills: number; readonly speed: string; readonly say: (text: string) => void }
export interface ChaosReport {
  readonly seed: number;
  readonly runs: number;
  readonly kills: number;
  readonly mismatches: number;
  /** What differed, in which run. */
  readonly differences: readonly string[];
  readonly recoveryMs: { readonly n: number; readonly p50: number | null; readonly p99: number | null; readonly max: number | null };
  /** What was killed, and how long until it was ready again. */
  readonly slowest: readonly string[];
  readonly killsBy: Readonly<Record<string, number>>;
  readonly sums: Readonly<Record<string, string>>;
}

export async function chaos(options: ChaosOptions): Promise<ChaosReport> {
  const root = mkdtempSync(join(tmpdir(), 'foretick-chaos-'));
  try {
    options.say('the undisturbed run');
    const expected = await sumsOf(await run(join(root, 'calm'), { ...options, speed: 'max' }, async () => undefined), join(root, 'calm'));
    const random = createRandom(options.seed);
    const wounds = newWounds();
    const differences: string[] = [];
    let runs = 0;
    let failed = 0;
    while (killsOf(wounds) < options.kills && failed < MAX_FAILED_RUNS) {
      runs += 1;
      const data = join(root, `run-${runs}`);
      const before = killsOf(wounds);
      const found = await differs(expected, data, () => run(data, options, (pipeline) => wound(pipeline, random, wounds, options.kills)));
      differences.push(...found.map((what) => `run ${runs}: ${what}`));
      options.say(`run ${runs}: ${killsOf(wounds) - before} kills, ${killsOf(wounds)} of ${options.kills} in all, ${differences.length} differences`);
      if (found.length > 0) failed += 1;
      else rmSync(data, { recursive: true, force: true });
    }
    const recoveries = wounds.recoveries.sort((a, b) => a.ms - b.ms);
    const sorted = recoveries.map(({ ms }) => ms);
    const quantile = (q: number): number | null => (sorted.length === 0 ? null : Math.round(sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))]!));
    return {
      seed: options.seed, runs, kills: killsOf(wounds), mismatches: differences.length, differences,
      recoveryMs: { n: sorted.length, p50: quantile(0.5), p99: quantile(0.99), max: quantile(1) },
      slowest: recoveries.slice(-5).reverse().map(({ what, ms }) => `${what} ${Math.round(ms)} ms`), killsBy: wounds.kills, sums: expected,
    };
  } finally {
    rmSync(join(root, 'calm'), { recursive: true, force: true });
    removeEmpty(root);
  }
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
    // A run that differed is kept in it.
  }
}

type Attack = (pipeline: ReturnType<typeof startPipeline>) => Promise<unknown>;

/** To its summary, however often the supervisor is killed on the way. `more` are further options of `up`. */
export async function run(data: string, { source, speed, more = [] }: Pick<ChaosOptions, 'source' | 'speed'> & { more?: readonly string[] }, attack: Attack): Promise<Summary> {
  for (;;) {
    const pipeline = startPipeline(['--source', source, '--speed', speed, '--exit', '--json', '--data', data, '--port', '0', ...more], data);
    const how = await attack(pipeline);
    const { summary, errors } = await pipeline.end();
    if (summary !== null) return summary;
    if (how !== 'supervisor') throw new RefusedError(`a run ended without a summary:\n${errors}`, `Its data and logs are in ${data}.`);
  }
}

export async function sumsOf(summary: Summary, data: string): Promise<Record<string, string>> {
  const store = await storeDigest(loadConfig(configPath(data)));
  return { ...summary.sha256, ...Object.fromEntries(Object.entries(store).map(([table, sum]) => [`store: ${table}`, sum])) };
}
