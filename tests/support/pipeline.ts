/** `./foretick up` as a user starts it, watched from outside: its processes, and its summary. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Summary } from '../../cli/summary.ts';

const ROOT = join(import.meta.dirname, '../..');

interface RunState { readonly pid: number; readonly address: string; readonly children: readonly { readonly name: string; readonly pid: number | null }[] }

export interface Run {
  readonly child: ChildProcess;
  stderr(): string;
  stdout(): string;
  /** With the exit code. */
  readonly ended: Promise<number | null>;
}

/** `node cli/main.ts up …`: what the launcher runs once everything is installed. */
export function startUp(args: readonly string[]): Run {
  const child = spawn(process.execPath, [join(ROOT, 'cli/main.ts'), 'up', ...args], { cwd: ROOT, stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, NODE_OPTIONS: '' } });
  let out = '';
  let err = '';
  child.stdout!.on('data', (chunk: Buffer) => (out += String(chunk)));
  child.stderr!.on('data', (chunk: Buffer) => (err += String(chunk)));
  return { child, stdout: () => out, stderr: () => err, ended: once(child, 'close').then(([code]) => code as number | null) };
}

export const summaryOf = (run: Run): Summary => JSON.parse(run.stdout()) as Summary;

export function readState(dataDir: string): RunState | null {
  try {
    return JSON.parse(readFileSync(join(dataDir, 'run/state.json'), 'utf8')) as RunState;
  } catch {
    return null;
  }
}

export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

/** kill -9 by its own process id. False when it has none at the moment. */
export function killService(dataDir: string, name: string): boolean {
  const pid = readState(dataDir)?.children.find((child) => child.name === name)?.pid;
  if (pid === undefined || pid === null || !isAlive(pid)) return false;
  process.kill(pid, 'SIGKILL');
  return true;
}

export const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

export async function until(what: string, condition: () => boolean | Promise<boolean>, ms = 60_000): Promise<void> {
  const deadline = performance.now() + ms;
  while (!(await condition())) {
    if (performance.now() > deadline) throw new Error(`waited ${ms} ms for: ${what}`);
    await sleep(50);
  }
}
