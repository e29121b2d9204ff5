import { mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { dashboardHash, isDashboardFresh } from './dashboardTool.ts';

let root: string;
const write = (path: string, text: string): void => {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), text);
};
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'foretick-dashboard-'));
  write('dashboard/src/app.tsx', 'one');
  write('sdk/api.ts', 'api');
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

describe('is the dashboard built of these sources?', () => {
  it('not before it was built', () => {
    expect(isDashboardFresh(root)).toBe(false);
  });
  it('yes after, whatever the dates of files, its own build and its tests say', () => {
    write('dashboard/dist/.sources', dashboardHash(root));
    utimesSync(join(root, 'dashboard/src/app.tsx'), 1, 1);
    write('dashboard/dist/index.html', 'built');
    write('dashboard/src/app.test.ts', 'a test');
    expect(isDashboardFresh(root)).toBe(true);
  });
  it.each([['dashboard/src/app.tsx', 'two'], ['dashboard/src/new.ts', ''], ['sdk/api.ts', 'changed'], ['package-lock.json', '{}']])('no longer after a change of %s', (path, text) => {
    write('dashboard/dist/.sources', dashboardHash(root));
    write(path, text);
    expect(isDashboardFresh(root)).toBe(false);
  });
});
