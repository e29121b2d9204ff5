/** Chromium for the browser tests: one that is there, or Debian's package where apt-get may install it. */
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { run } from './run.ts';

const NAMES = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'];
const MAC = '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome';
const INSTALL_MS = 600_000;

export const chromiumCommand = process.platform === 'darwin' ? 'brew install --cask google-chrome' : 'apt-get update && apt-get install -y chromium';

export function findChromium(searchPath: string): string | null {
  const candidates = searchPath.split(delimiter).filter((dir) => dir !== '').flatMap((dir) => NAMES.map((name) => join(dir, name)));
  return [...candidates, MAC].find((path) => existsSync(path)) ?? null;
}

/** null when it is there now; otherwise why not, in plain words. */
export async function installChromium(searchPath: string): Promise<string | null> {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) return `it must be installed by hand: ${chromiumCommand}`;
  for (const args of [['update'], ['install', '-y', '--no-install-recommends', 'chromium']]) {
    const result = await run('apt-get', args, { env: { DEBIAN_FRONTEND: 'noninteractive' }, timeoutMs: INSTALL_MS });
    if (!result.ok) return `apt-get ${args[0]} failed (${result.tail.split('\n').at(-1)})`;
  }
  return findChromium(searchPath) === null ? 'apt-get installed it, but it is not on the PATH' : null;
}
