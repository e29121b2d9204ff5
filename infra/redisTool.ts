/** redis-server for the tests: one that is there, or Debian's package where apt-get may install it. */
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { run } from './run.ts';

const INSTALL_MS = 600_000;

export const redisCommand = process.platform === 'darwin' ? 'brew install redis' : 'apt-get update && apt-get install -y redis-server';

export const findRedisServer = (searchPath: string): string | null =>
  searchPath.split(delimiter).filter((dir) => dir !== '').map((dir) => join(dir, 'redis-server')).find((path) => existsSync(path)) ?? null;

/** null when it is there now; otherwise why not, in plain words. */
export async function installRedisServer(searchPath: string): Promise<string | null> {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) return `it must be installed by hand: ${redisCommand}`;
  for (const args of [['update'], ['install', '-y', '--no-install-recommends', 'redis-server']]) {
    const result = await run('apt-get', args, { env: { DEBIAN_FRONTEND: 'noninteractive' }, timeoutMs: INSTALL_MS });
    if (!result.ok) return `apt-get ${args[0]} failed (${result.tail.split('\n').at(-1)})`;
  }
  return findRedisServer(searchPath) === null ? 'apt-get installed it, but it is not on the PATH' : null;
}
