/**
 * The LightGBM library, from its Python wheel; no Python runs. It needs OpenMP (libgomp on Linux, libomp on macOS).
 * Without it foretick works: the trainer chooses among the other model families.
 */
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { lightgbmPath } from '../trainer/models/lightgbmPath.ts';
import { pythonDir } from './places.ts';
import { run } from './run.ts';

export const WHEEL = 'lightgbm==4.7.0';
const INSTALL_MS = 600_000;

/** The command that installs what the library is linked against. */
export const openmpCommand = process.platform === 'darwin' ? 'brew install libomp' : 'apt-get update && apt-get install -y libgomp1';

/** null: ready to use. Otherwise what is missing, in plain words. The library is loaded in a process of its own: a bad one can crash. */
export async function lightgbmProblem(root: string): Promise<string | null> {
  const path = lightgbmPath(root);
  if (!existsSync(path)) return 'the library is not installed';
  if (await openmpIsThere(path)) return null;
  const script = `import('koffi').then((koffi) => koffi.default.load(${JSON.stringify(path)})).catch((error) => { console.error(error.message); process.exit(1); })`;
  const result = await run(process.execPath, ['-e', script], { cwd: root, timeoutMs: 20_000 });
  return result.ok ? null : `the library cannot be loaded (${result.tail.split('\n').at(-1)})`;
}

/** The usual places on Linux, to spare the loading process; elsewhere the load itself decides. */
async function openmpIsThere(path: string): Promise<boolean> {
  if (!path.endsWith('.so')) return false;
  const dirs = ['/lib', '/usr/lib', '/usr/lib64', '/lib64'].flatMap((dir) => (existsSync(dir) ? [dir, ...readdirSync(dir).filter((name) => name.endsWith('-linux-gnu')).map((name) => join(dir, name))] : []));
  return dirs.some((dir) => existsSync(join(dir, 'libgomp.so.1')));
}

/** null when it is there now; otherwise why not. */
export async function installLightgbm(root: string): Promise<string | null> {
  const result = await run('python3', ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '--timeout', '15', '--retries', '2', '--no-deps', '--upgrade', '--target', pythonDir(root), WHEEL], { timeoutMs: INSTALL_MS });
  if (existsSync(lightgbmPath(root))) return lightgbmProblem(root);
  return `pip could not install it (${result.tail.split('\n').at(-1)})`;
}
