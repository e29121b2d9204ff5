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
import { createErrorTail, type ErrorTail } from './errorTail.ts';
import { createRestarts } from './restarts.ts';
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
  let process: ChildProcess | null = null;
  let health: Health | null = null;
  /** What its processes counted so far, for the next one to go on from. */
  let fenced = 0;
  let count = 0;
  const restarts = createRestarts(spec.speaksExitCodes, random);
  let stopping = false;
  let timer: NodeJS.Timeout | undefined;

  const ended = (tail: ErrorTail, livedMs: number, code: number | null, signal: string | null): void => {
    process = null;
    health = null;
    if (stopping) return listener.onChange();
    const { attempt, waitMs } = restarts.after({ livedMs, code });
    const failure: Failure = { name: spec.name, exit: signal === null ? `exit ${code}` : signal, code, attempt, ...(signal === null ? tail.last() : { message: '', hint: '' }) };
    if (waitMs === null) {
      stopping = true;
      listener.onChange();
      return listener.onVerdict(failure);
    }
    count += 1;
    timer = setTimeout(start, waitMs);
    listener.onChange();
    listener.onRestart(failure, waitMs);
  };

  const start = (): void => {
    const tail = createErrorTail();
    const startedMs = performance.now();
    const child = spec.spawn();
    process = child;
    const keep = (chunk: Buffer): void => {
      log.write(chunk);
      tail.write(chunk);
    };
    child.stdout?.on('data', keep);
    child.stderr?.on('data', keep);
    child.stdin?.on('error', () => undefined); // it ended first
    if (fenced > 0 && child.connected) child.send({ type: 'fenced', count: fenced }, () => undefined);
    child.on('message', (message: { type?: unknown; health?: Health; count?: number }) => {
      if (message.type === 'fenced') fenced = message.count ?? fenced;
      if (message.type !== 'health' || message.health === undefined) return;
      health = message.health;
      listener.onHealth(spec.name, message.health);
    });
    child.once('error', (error) => keep(Buffer.from(`cannot start: ${error.message}\n`)));
    // 'close', not 'exit': by then the last lines of its output are here.
    child.once('close', (code, signal) => ended(tail, performance.now() - startedMs, code, signal));
    listener.onChange();
  };

  start();
  return {
    name: spec.name,
    pid: () => process?.pid ?? null,
    restarts: () => count,
    health: () => health,
    tell: (message) => void (process?.connected && process.send(message, () => undefined)),
    async stop(patienceMs) {
      stopping = true;
      clearTimeout(timer);
      if (process !== null) await end(spec, process, patienceMs);
      log.close();
    },
  };
}

async function end(spec: ChildSpec, child: ChildProcess, patienceMs: number): Promise<void> {
  const gone = once(child, 'close');
  spec.leave(child);
  const kill = setTimeout(() => child.kill('SIGKILL'), patienceMs);
  await gone;
  clearTimeout(kill);
}
