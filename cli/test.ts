/** `foretick test`: the gate. Installs what the tests need, checks types, runs every test, and says how many passed. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { Command } from 'commander';
import { findChromium, installChromium } from '../infra/chromiumTool.ts';
import { ROOT, toolsDir } from '../infra/places.ts';
import { findQuestdb, installQuestdb, javaProblem } from '../infra/questdbTool.ts';
import { run } from '../infra/run.ts';
import { findRedisServer, installRedisServer } from '../infra/redisTool.ts';
import { ensureTools } from '../infra/tools.ts';
import { findToxiproxy, installToxiproxy } from '../infra/toxiproxyTool.ts';
import { createTerminal, type Terminal } from './terminal.ts';

interface Counts { readonly passed: number; readonly failed: number; readonly skipped: number }
interface VitestReport { readonly numPassedTests: number; readonly numFailedTests: number; readonly numFailedTestSuites: number; readonly numPendingTests: number; readonly numTodoTests: number; readonly testResults: readonly { readonly status: string; readonly assertionResults: readonly unknown[] }[] }

const REPORT = join(toolsDir(ROOT), 'test.json');
const TSC = join(ROOT, 'node_modules/typescript/bin/tsc');
const VITEST = join(ROOT, 'node_modules/vitest/vitest.mjs');

async function prepare(terminal: Terminal): Promise<void> {
  const searchPath = process.env['PATH'] ?? '';
  await ensureTools(ROOT, { natsServer: true, dashboard: true }, searchPath, terminal);
  await Promise.all([prepareServers(terminal, searchPath), prepareToxiproxy(terminal)]);
}

/** One after the other: the system's package manager serves one at a time. */
async function prepareServers(terminal: Terminal, searchPath: string): Promise<void> {
  if (findChromium(searchPath) === null) {
    const problem = await terminal.step('installing Chromium', () => installChromium(searchPath));
    if (problem !== null) terminal.warn(`Chromium is missing, so the browser tests are skipped: ${problem}`);
  }
  if (findRedisServer(searchPath) === null) {
    const problem = await terminal.step('installing redis-server', () => installRedisServer(searchPath));
    if (problem !== null) terminal.warn(`redis-server is missing, so the tests of the Redis cache are skipped: ${problem}`);
  }
  if (findQuestdb(ROOT) === null || (await javaProblem()) !== null) {
    const problem = await terminal.step('installing QuestDB', () => installQuestdb(ROOT));
    if (problem !== null) terminal.warn(`QuestDB is missing, so the tests of that store are skipped: ${problem}`);
  }
}

async function prepareToxiproxy(terminal: Terminal): Promise<void> {
  if (findToxiproxy(ROOT) !== null) return;
  const problem = await terminal.step('installing toxiproxy', () => installToxiproxy(ROOT));
  if (problem !== null) terminal.warn(`toxiproxy is missing, so the tests of bad networks are skipped: ${problem}`);
}

/** The projects whose types are wrong. */
async function checkTypes(terminal: Terminal): Promise<string[]> {
  const wrong: string[] = [];
  for (const project of ['.', 'dashboard']) {
    const result = await terminal.step(`checking types of ${project === '.' ? 'the project' : project}`, () => run(process.execPath, [TSC, '-p', project], { cwd: ROOT }));
    if (result.ok) continue;
    wrong.push(project);
    terminal.line(result.stdout.trim());
  }
  return wrong;
}

/** A file that can't be loaded counts as one failed test: it must not vanish from the sum. */
export function countTests(report: VitestReport): Counts {
  const broken = report.testResults.filter(({ status, assertionResults }) => status === 'failed' && assertionResults.length === 0).length;
  return { passed: report.numPassedTests, failed: report.numFailedTests + broken, skipped: report.numPendingTests + report.numTodoTests };
}

async function runTests(filters: readonly string[], full: boolean, json: boolean): Promise<{ ok: boolean; counts: Counts | null }> {
  rmSync(REPORT, { force: true });
  const env = { ...process.env, ...(full ? { FORETICK_FULL: '1' } : {}) };
  const args = [VITEST, 'run', '--root', ROOT, '--reporter=default', '--reporter=json', `--outputFile.json=${REPORT}`, ...filters];
  const child = spawn(process.execPath, args, { cwd: ROOT, env, stdio: ['ignore', json ? process.stderr : 'inherit', 'inherit'] });
  const [code] = (await once(child, 'exit')) as [number | null];
  try {
    return { ok: code === 0, counts: countTests(JSON.parse(readFileSync(REPORT, 'utf8')) as VitestReport) };
  } catch {
    return { ok: false, counts: null };
  }
}

export const testCommand = (): Command => new Command('test')
  .description('Install what the tests need, check the types, run every test, and print how many passed. Exit code 1 when anything failed.')
  .argument('[filter...]', 'only test files whose path contains one of these')
  .option('--full', 'run the long tests too')
  .option('--json', 'print one JSON object with the counts on stdout, everything else on stderr')
  .addHelpText('after', '\nExamples:\n  ./foretick test\n  ./foretick test runtime streams/sources\n  ./foretick test --full')
  .action(async (filters: string[], options: { full?: boolean; json?: boolean }) => {
    const started = performance.now();
    const terminal = createTerminal(options.json === true ? process.stderr : process.stdout, () => performance.now());
    const [wrongTypes] = await Promise.all([checkTypes(terminal), prepare(terminal)]);
    const { ok, counts } = await runTests(filters, options.full ?? false, options.json ?? false);
    const seconds = (performance.now() - started) / 1_000;
    const passed = ok && wrongTypes.length === 0;
    if (options.json === true) console.log(JSON.stringify({ ok: passed, typesWrongIn: wrongTypes, ...counts, seconds }));
    if (wrongTypes.length > 0) terminal.warn(`types are wrong in: ${wrongTypes.join(', ')}`);
    terminal.line(counts === null ? 'the tests did not run; the lines above say why' : `${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped`);
    process.exitCode = passed ? 0 : 1;
  });
