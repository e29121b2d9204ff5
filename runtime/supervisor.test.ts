import { type ChildProcess, fork, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ChildSpec, Failure } from './child.ts';
import { commandOf, isAlive } from './leftovers.ts';
import { createSupervisor, endLeftovers, logsDir, readRunState, statePath, type Supervisor } from './supervisor.ts';

const HERE = import.meta.dirname;
let dir: string;
let journal: string;
let supervisor: Supervisor | null;
let restarts: Failure[];
let verdicts: Failure[];
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'foretick supervisor ')); // with spaces
  journal = join(dir, 'journal');
  [restarts, verdicts] = [[], []];
  supervisor = createSupervisor({ dataDir: dir, random: () => 0, listener: { onHealth: () => undefined, onRestart: (failure) => restarts.push(failure), onVerdict: (failure) => verdicts.push(failure) } });
});
afterEach(async () => {
  await supervisor?.stop(['one', 'two', 'three'], 500);
  rmSync(dir, { recursive: true, force: true });
});

const fake = (name: string, behaviour = 'run'): ChildSpec => ({
  name, speaksExitCodes: true, leave: (child) => void child.kill('SIGTERM'),
  spawn: () => fork(join(HERE, 'fakeService.ts'), [dir], { execArgv: [], stdio: ['ignore', 'pipe', 'pipe', 'ipc'], env: { ...process.env, FAKE_NAME: name, FAKE: behaviour, FAKE_JOURNAL: journal } }),
});
async function until(condition: () => boolean, what: string): Promise<void> {
  for (let i = 0; i < 1_500; i++) {
    if (condition()) return;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  throw new Error(`not within 15 s: ${what}`);
}
const notes = (): string[] => (existsSync(journal) ? readFileSync(journal, 'utf8').trim().split('\n').map((line) => line.replace(/ \d+$/, '')) : []);
const isRunning = (name: string): boolean => supervisor!.health(name)?.state === 'running';

describe('supervisor', () => {
  it('starts a service, hears its health, keeps its log, and writes process ids down', async () => {
    supervisor!.start(fake('one'));
    await until(() => isRunning('one'), 'one runs');
    expect(supervisor!.health('one')?.detail).toBe('at work');
    await until(() => readFileSync(join(logsDir(dir), 'one.log'), 'utf8').includes('"msg":"at work"'), 'the log');
    const child = readRunState(dir)!.children[0]!;
    expect(child).toMatchObject({ name: 'one', pid: supervisor!.pid('one'), restarts: 0 });
    expect(child.metricsUrl).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/metrics$/);
    expect(commandOf(child.pid!)).toContain(dir);
  });

  it.skipIf(!existsSync('/dev/full'))('goes on when the disk is full, and writes process ids down when it takes something again', async () => {
    const part = `${statePath(dir)}.part`;
    mkdirSync(join(dir, 'run'));
    symlinkSync('/dev/full', part);
    supervisor!.start(fake('one'));
    await until(() => isRunning('one'), 'one runs');
    expect(readRunState(dir)).toBeNull();
    rmSync(part);
    await until(() => readRunState(dir)?.children[0]?.pid === supervisor!.pid('one'), 'the state file');
  });

  it('keeps the count of fenced writes for the next process', async () => {
    supervisor!.start(fake('one', 'fenced'));
    await until(() => restarts.length === 1, 'it left');
    expect(restarts[0]).toMatchObject({ exit: 'exit 3', message: 'another writer' });
    await until(() => isRunning('one'), 'it runs again, after five seconds');
    expect(await (await fetch(supervisor!.health('one')!.metricsUrl)).text()).toContain('foretick_fenced_total{service="one"} 1');
  }, 30_000);

  it('has services that leave a Ctrl-C to it; alone, one drains by itself', async () => {
    const alone = spawn(process.execPath, [join(HERE, 'fakeService.ts'), dir], { stdio: ['ignore', 'pipe', 'ignore'] });
    await once(alone.stdout, 'data');
    alone.kill('SIGINT');
    expect(await once(alone, 'exit')).toEqual([0, null]);
  });

  it('starts what was killed again, as another process', async () => {
    supervisor!.start(fake('one'));
    await until(() => isRunning('one'), 'one runs');
    const before = supervisor!.pid('one')!;
    process.kill(before, 'SIGKILL');
    await until(() => supervisor!.pid('one') !== before && isRunning('one'), 'one runs again');
    expect(restarts).toMatchObject([{ name: 'one', exit: 'SIGKILL', code: null, attempt: 1 }]);
    expect(readRunState(dir)!.children[0]).toMatchObject({ pid: supervisor!.pid('one'), restarts: 1 });
  });

  it.each([['refuse', 2, 'the config is wrong', 'mend it'], ['corrupt', 4, 'bytes differ', 'start anew']])('takes %s as a verdict, with its words', async (behaviour, code, message, hint) => {
    supervisor!.start(fake('one', behaviour));
    await until(() => verdicts.length > 0, 'a verdict');
    expect(verdicts).toMatchObject([{ name: 'one', code, message, hint }]);
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(notes()).toEqual(['one started']);
    expect(restarts).toEqual([]);
  });

  it('starts a crashing service again and again, and says what it died of', async () => {
    supervisor!.start(fake('one', 'crash'));
    await until(() => restarts.length >= 3, 'three restarts');
    expect(restarts.slice(0, 3)).toMatchObject([1, 2, 3].map((attempt) => ({ attempt, code: 1, message: 'a bug' })));
    expect(verdicts).toEqual([]);
  });

  it('stops in the order given, and lets each drain first', async () => {
    for (const name of ['one', 'two', 'three']) supervisor!.start(fake(name));
    await until(() => ['one', 'two', 'three'].every(isRunning), 'all run');
    for (const name of ['one', 'two', 'three']) await supervisor!.stop([name], 5_000);
    expect(notes().slice(3)).toEqual(['one drained', 'two drained', 'three drained']);
    expect(readRunState(dir)!.children).toEqual([]);
    expect(restarts).toEqual([]);
  });

  it('ends what does not leave', async () => {
    supervisor!.start(fake('one', 'hang'));
    await until(() => isRunning('one'), 'one runs');
    const pid = supervisor!.pid('one')!;
    await supervisor!.stop(['one'], 100);
    expect(isAlive({ pid, marker: dir })).toBe(false);
    expect(notes()).toEqual(['one started']);
  });
});

describe('a supervisor that is killed', () => {
  const pids = (): { name: string; pid: number }[] => readRunState(dir)?.children.flatMap(({ name, pid }) => (pid === null ? [] : [{ name, pid }])) ?? [];
  const start = async (): Promise<ChildProcess> => {
    const child = spawn(process.execPath, [join(HERE, 'fakeSupervisor.ts'), dir, journal, join(HERE, '../infra/nats/run.sh')], { stdio: 'ignore' });
    await until(() => pids().length === 3 && notes().length >= 2, 'it runs three');
    return child;
  };

  it('leaves no orphans: services drain when its channel closes, a piped server is ended', async () => {
    const child = await start();
    const left = pids();
    expect(left.map(({ name }) => name)).toEqual(['one', 'two', 'piped']);
    child.kill('SIGKILL');
    await once(child, 'exit');
    await until(() => left.every(({ pid }) => !isAlive({ pid, marker: dir })), 'all are gone');
    expect(notes().slice(2).toSorted()).toEqual(['one drained', 'two drained']);
  });

  it('leaves none either when it goes while its services are still loading', async () => {
    const child = spawn(process.execPath, [join(HERE, 'fakeSupervisor.ts'), dir, journal, join(HERE, '../infra/nats/run.sh')], { stdio: 'ignore' });
    await until(() => pids().length === 3, 'it has started three');
    const left = pids();
    child.kill('SIGKILL');
    await once(child, 'exit');
    await until(() => left.every(({ pid }) => !isAlive({ pid, marker: dir })), 'all are gone');
  });

  it('is followed by one that waits for what it left', async () => {
    const child = await start();
    const left = pids();
    child.kill('SIGKILL');
    await endLeftovers(dir);
    expect(left.filter(({ pid }) => isAlive({ pid, marker: dir }))).toEqual([]);
  });

  it('is never followed by the end of a stranger: an id that now belongs to another program is left alone', async () => {
    const stranger = spawn(process.execPath, ['-e', 'setInterval(() => undefined, 1000)'], { stdio: 'ignore' });
    expect(isAlive({ pid: stranger.pid!, marker: dir })).toBe(false);
    supervisor!.start({ name: 'one', speaksExitCodes: false, spawn: () => stranger, leave: (child) => void child.kill('SIGKILL') });
    await until(() => readRunState(dir)?.children[0]?.pid === stranger.pid, 'it is written down');
    await endLeftovers(dir);
    expect(stranger.exitCode).toBe(null);
    expect(stranger.signalCode).toBe(null);
  });
});
