/**
 * Runs benches one after another and gathers their rows.
 *
 * 1. A bench that fails or takes too long is a row that says so; the others go on.
 * 2. The whole run ends within its limit: benches that don't fit any more are said to be left out.
 * 3. Nothing of a bench outlives it: neither processes (they are one group) nor files (they have one temporary folder).
 */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { availableParallelism, cpus, loadavg, tmpdir, totalmem } from 'node:os';
import { join } from 'node:path';
import { isMet, missing, type Row } from './bench.ts';

export type FromChild =
  | { readonly type: 'about'; readonly about: string; readonly leavesOut: string }
  | { readonly type: 'said'; readonly text: string }
  | { readonly type: 'kept'; readonly rows: readonly Row[] }
  | { readonly type: 'rows'; readonly rows: readonly Row[] }
  | { readonly type: 'failed'; readonly why: string };

export interface BenchReport {
  readonly name: string;
  readonly about: string;
  readonly leavesOut: string;
  readonly seconds: number;
  /** Of the machine in the minute before this bench began. */
  readonly load: number;
  readonly rows: readonly Row[];
}
export interface RunReport { readonly at: string; readonly quick: boolean; readonly machine: Machine; readonly benches: readonly BenchReport[] }
export interface Machine { readonly cpu: string; readonly cores: number; readonly memoryGb: number; readonly platform: string; readonly node: string }

/** A result as `--json` prints it. */
export interface Result extends Row { readonly bench: string; readonly met: boolean | null; readonly load: number; readonly leavesOut: string }

const CHILD = join(import.meta.dirname, 'benchChild.ts');
const MINUTE_MS = 60_000;
/** The longest a bench may take, and all of them together, on a slow machine: a quick one takes a third of it. */
const BENCH_LIMIT_MS = 12 * MINUTE_MS;
const RUN_LIMIT_MS = 40 * MINUTE_MS;
/** A bench that is to begin with less than this left is not begun. */
const LEAST_MS = 20_000;
const SIGNALS = ['SIGINT', 'SIGTERM'] as const;
/** Exit code of a run that was stopped before it was done. */
const STOPPED = 130;

export function machine(): Machine {
  return { cpu: cpus()[0]?.model.trim() ?? 'unknown', cores: availableParallelism(), memoryGb: Math.round(totalmem() / 1024 ** 3), platform: `${process.platform} ${process.arch}`, node: process.version };
}

export async function runBenches(names: readonly string[], quick: boolean, say: (text: string) => void): Promise<RunReport> {
  const deadline = performance.now() + RUN_LIMIT_MS;
  const benches: BenchReport[] = [];
  for (const name of names) {
    const limitMs = Math.min(BENCH_LIMIT_MS, deadline - performance.now());
    say(`${name} …`);
    benches.push(limitMs < LEAST_MS ? failed(name, 'the run had no time left for it; run it by itself with --only') : await runOne(name, quick, limitMs, say));
  }
  return { at: new Date().toISOString(), quick, machine: machine(), benches };
}

export const resultsOf = (report: RunReport): Result[] =>
  report.benches.flatMap(({ name, load, leavesOut, rows }) => rows.map((row) => ({ bench: name, ...row, met: isMet(row), load, leavesOut })));

async function runOne(name: string, quick: boolean, limitMs: number, say: (text: string) => void): Promise<BenchReport> {
  const started = performance.now();
  const report = { name, about: '', leavesOut: '', load: round(loadavg()[0]!), rows: [] as readonly Row[] };
  const temporary = mkdtempSync(join(tmpdir(), 'foretick-bench-'));
  const child = fork(CHILD, [name, quick ? 'quick' : 'full'], { stdio: ['ignore', 'ignore', 'pipe', 'ipc'], execArgv: ['--expose-gc'], detached: true, env: { ...process.env, TMPDIR: temporary } });
  const kept: Row[] = [];
  let why = '';
  let errors = '';
  child.stderr!.on('data', (chunk: Buffer) => (errors = (errors + String(chunk)).slice(-5_000)));
  child.on('message', (message: FromChild) => {
    if (message.type === 'about') Object.assign(report, { about: message.about, leavesOut: message.leavesOut });
    else if (message.type === 'said') say(`  ${message.text}`);
    else if (message.type === 'kept') kept.push(...message.rows);
    else if (message.type === 'rows') report.rows = message.rows;
    else why = message.why;
  });
  const end = (): void => {
    try {
      process.kill(-child.pid!, 'SIGKILL');
    } catch {
      // All of it has ended.
    }
    rmSync(temporary, { recursive: true, force: true });
  };
  const stop = (): never => process.exit((end(), STOPPED));
  const limit = setTimeout(() => {
    why = `it took longer than ${Math.round(limitMs / 1_000)} s`;
    end();
  }, limitMs);
  for (const signal of SIGNALS) process.once(signal, stop);
  await once(child, 'close');
  for (const signal of SIGNALS) process.removeListener(signal, stop);
  clearTimeout(limit);
  end();
  if (report.rows.length === 0) say(`  ${why || 'it ended without a result'}\n${errors}`);
  const rows = report.rows.length > 0 ? report.rows : [...kept, ...failed(kept.length > 0 ? `the rest of ${name}` : name, why || 'it ended without a result').rows];
  return { ...report, rows, seconds: round((performance.now() - started) / 1_000) };
}

const failed = (name: string, why: string): BenchReport => ({
  name, about: '', leavesOut: '', seconds: 0, load: round(loadavg()[0]!), rows: [missing({ name, unit: '', beside: '', target: null }, why)],
});
const round = (value: number): number => Math.round(value * 100) / 100;
