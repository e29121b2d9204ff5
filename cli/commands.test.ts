/** The command line as people meet it: the launcher itself, in a process. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const MAIN = join(import.meta.dirname, 'main.ts');
const foretick = (...args: string[]) => spawnSync(process.execPath, [MAIN, ...args], { encoding: 'utf8', cwd: tmpdir() });
const COMMANDS = ['up', 'worker', 'status', 'models', 'train', 'replay', 'import', 'store', 'chaos', 'soak', 'bench', 'backup', 'restore', 'nats-users', 'token', 'doctor', 'test'];
let dir: string;
beforeAll(() => void (dir = mkdtempSync(join(tmpdir(), 'foretick-cli-'))));
afterAll(() => rmSync(dir, { recursive: true, force: true }));

describe('foretick', () => {
  it('lists every command in --help, and exits with 0', () => {
    const { status, stdout } = foretick('--help');
    expect(status).toBe(0);
    for (const command of COMMANDS) expect(stdout).toMatch(new RegExp(`^  ${command} `, 'm'));
  });
  it.each(COMMANDS)('%s --help teaches with an example, and offers --json', (command) => {
    const { status, stdout } = foretick(command, '--help');
    expect(status).toBe(0);
    expect(stdout).toMatch(/Examples?:/);
    expect(stdout).toContain(`./foretick ${command}`);
    if (command !== 'worker') expect(stdout).toContain('--json'); // it runs until it is stopped, and its log is JSON
  });
  it('refuses a wrong command or option with 2 and what was perhaps meant', () => {
    expect(foretick('upp')).toMatchObject({ status: 2, stderr: expect.stringContaining('Did you mean up?') });
    expect(foretick('up', '--sorce', 'x')).toMatchObject({ status: 2, stderr: expect.stringContaining('Did you mean --source?') });
    expect(foretick()).toMatchObject({ status: 2 });
  });
  it('lists all problems of the options at once, and starts nothing', () => {
    const { status, stderr, stdout } = foretick('up', '--data', join(dir, 'none'), '--step', '7', '--speed', 'fast', '--source', 'recording:/no/such/place', '--json');
    expect(status).toBe(2);
    expect(stdout).toBe('');
    expect(stderr).toMatch(/^foretick: 3 problems:$/m);
    for (const flag of ['--step', '--speed', '--source']) expect(stderr).toContain(`- ${flag}`);
  });
  it.each([['--seed', 'abc'], ['--seed', '-1'], ['--kills', '0'], ['--run-minutes', 'long']])('chaos refuses %s %s before anything runs', (flag, value) => {
    expect(foretick('chaos', '--source', 'simulator:1,minutes=4', flag, value)).toMatchObject({ status: 2, stdout: '', stderr: expect.stringMatching(new RegExp(`^foretick: ${flag}: write`, 'm')) });
  });
  it('says plainly that nothing runs', () => {
    expect(foretick('status', '--data', dir)).toMatchObject({ status: 1, stdout: expect.stringContaining('./foretick up') });
    expect(foretick('token', '--data', dir)).toMatchObject({ status: 2, stderr: expect.stringContaining('./foretick up') });
    expect(JSON.parse(foretick('status', '--data', dir, '--json').stdout)).toMatchObject({ ok: false, services: [] });
  });
});
