/**
 * One supervised process.
 *
 * 1. There is at most one process of it at a time.
 * 2. An exit that nobody asked for is followed by a restart or a verdict, as restarts.ts says; `onVerdict` is told.
 * 3. After stop() nothing is started any more; what doesn't leave in time is ended.
 */
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import type { Health } from './service.ts';
import { createErrorTail } from './errorTail.ts';
import { createRestarts, type Ending } from './restarts.ts';
import { openRotatingLog, type RotatingLogOptions } from './rotatingLog.ts';

export interface ChildSpec {
  readonly name: string;
  /** With stdout and stderr as pipes. */
  spawn(): ChildProcess;
  /** Asks it to leave. */
  leave(child: ChildProcess): void;
  /** Its exit codes are those of runtime/errors.ts. */
  readonly speaksExitCodes: boolean;
}

export interface Failure { readonly name: string; readonly exit: string; readonly code: number | null; readonly message: string; readonly hint: string; /** Exits in a row without 30 s of life, this one included. */ readonly attempt: number }
export interface ChildListener {
  onChange(): void;
  onHealth(name: string, health: Health): void;
  onRestart(failure: Failure, inMs: number): void;
  onVerdict(failure: Failure): void;
}
export interface Child {
  readonly name: string;
  pid(): number | null;
  restarts(): number;
  health(): Health | null;
  /** Over its IPC channel; nothing when it has none at the moment. */
  tell(message: object): void;
  /** Resolves when it is gone. */
  stop(patienceMs: number): Promise<void>;
}

export function superviseChild(spec: ChildSpec, logPath: string, rotation: RotatingLogOptions, random: () => number, listener: ChildListener): Child {
  const log = openRotatingLog(logPath, rotation);
  const restarts = createRestarts(spec.speaksExitCodes, random);
  let process: ChildProcess | null = null;
  let health: Health | null = null;
  /** What its processes counted so far, for the next one to go on from. */
  let fenced = 0;
  let stopping = false;
  let timer: NodeJS.Timeout | undefined;

  const ended = (exit: Exit): void => {
    process = null;
    health = null;
    if (stopping) return listener.onChange();
    const { attempt, waitMs } = restarts.after(exit);
    const failure: Failure = { name: spec.name, exit: exit.how, code: exit.code, message: exit.message, hint: exit.hint, attempt };
    if (waitMs === null) stopping = true;
    else timer = setTimeout(start, waitMs);
    listener.onChange();
    if (waitMs === null) listener.onVerdict(failure);
    else listener.onRestart(failure, waitMs);
  };
  const start = (): void => {
    process = launch(spec, log.write, ended);
    process.on('message', (message: { type?: unknown; health?: Health; count?: number }) => {
      if (message.type === 'fenced') fenced = message.count ?? fenced;
      if (message.type !== 'health' || message.health === undefined) return;
      health = message.health;
      listener.onHealth(spec.name, message.health);
    });
    if (fenced > 0) tell(process, { type: 'fenced', count: fenced });
    listener.onChange();
  };

  start();
  return {
    name: spec.name,
    pid: () => process?.pid ?? null,
    restarts: restarts.count,
    health: () => health,
    tell: (message) => tell(process, message),
    async stop(patienceMs) {
      stopping = true;
      clearTimeout(timer);
      if (process !== null) await end(spec, process, patienceMs);
      log.close();
    },
  };
}

/** How a process ended, and what it said last. */
interface Exit extends Ending { readonly how: string; readonly message: string; readonly hint: string }

function launch(spec: ChildSpec, log: (chunk: Buffer) => void, ended: (exit: Exit) => void): ChildProcess {
  const tail = createErrorTail();
  const startedMs = performance.now();
  const child = spec.spawn();
  const keep = (chunk: Buffer): void => {
    log(chunk);
    tail.write(chunk);
  };
  child.stdout?.on('data', keep);
  child.stderr?.on('data', keep);
  child.stdin?.on('error', () => undefined); // it ended first
  child.once('error', (error) => keep(Buffer.from(`cannot start: ${error.message}\n`)));
  // 'close', not 'exit': by then the last lines of its output are here.
  child.once('close', (code, signal) => ended({
    livedMs: performance.now() - startedMs, code, ...(signal === null ? { how: `exit ${code}`, ...tail.last() } : { how: signal, message: '', hint: '' }),
  }));
  return child;
}

const tell = (child: ChildProcess | null, message: object): void => void (child?.connected && child.send(message, () => undefined));

async function end(spec: ChildSpec, child: ChildProcess, patienceMs: number): Promise<void> {
  const gone = once(child, 'close');
  spec.leave(child);
  const kill = setTimeout(() => child.kill('SIGKILL'), patienceMs);
  await gone;
  clearTimeout(kill);
}
