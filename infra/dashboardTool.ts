/** Builds the dashboard when it is missing or its sources changed since: a stamp beside the build holds the hash of what it was made from. */
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { RefusedError } from '../runtime/errors.ts';
import { run } from './run.ts';

const SOURCES = ['dashboard', 'sdk', 'streams/messages', 'streams/parse.ts', 'streams/instrument.ts', 'runtime/errors.ts', 'package-lock.json'];
const SKIP = new Set(['dist', 'dev', 'node_modules']);
const BUILD_MS = 300_000;

const stampPath = (root: string): string => join(root, 'dashboard', 'dist', '.sources');

/** Over paths and contents, so that a fresh clone and a touched file agree. */
export function dashboardHash(root: string): string {
  const hash = createHash('sha256');
  const add = (path: string): void => {
    hash.update(relative(root, path)).update('\0').update(readFileSync(path)).update('\0');
  };
  const walk = (dir: string): void => {
    for (const entry of readdirSync(dir, { withFileTypes: true }).toSorted((a, b) => (a.name < b.name ? -1 : 1))) {
      if (entry.isDirectory()) {
        if (!SKIP.has(entry.name)) walk(join(dir, entry.name));
      } else if (!entry.name.includes('.test.')) add(join(dir, entry.name));
    }
  };
  for (const source of SOURCES) {
    const path = join(root, source);
    if (!existsSync(path)) continue;
    if (/\.\w+$/.test(source)) add(path);
    else walk(path);
  }
  return hash.digest('hex');
}

export const isDashboardFresh = (root: string): boolean => existsSync(stampPath(root)) && readFileSync(stampPath(root), 'utf8') === dashboardHash(root);

export async function buildDashboard(root: string): Promise<void> {
  const hash = dashboardHash(root);
  const result = await run(process.execPath, [join(root, 'node_modules/vite/bin/vite.js'), 'build', 'dashboard'], { cwd: root, timeoutMs: BUILD_MS });
  if (!result.ok) throw new RefusedError(`the dashboard could not be built:\n${result.tail}`, 'See it alone: npm run build');
  writeFileSync(stampPath(root), hash);
}
