/**
 * One supervised process.
 *
 * 1. There is at most one process of it at a time.
 * 2. An exit that nobody asked for is followed by a restart after a jittered back-off, 0.1 s doubling to 5 s
 *    (to 0.5 s after a kill); after 2 s of life the back-off begins anew.
 * 3. Exit codes 2 and 4 of a service (refused, corrupt) are verdicts: no restart, `onVerdict` is told. So are MAX_CRASHES
 *    other exits in a row; a server that is away (code 75) is waited for without end.
 * 4. Code 3 (fenced: another writer) restarts no sooner than 5 s later.
 * 5. After stop() nothing is started any more; what doesn't leave in time is ended.
 */
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { type BackoffOptions, backoffMs } from './backoff.ts';
import type { Health } from './service.ts';
import { createErrorTail, type ErrorTail } from './errorTail.ts';
import { openRotatingLog, type RotatingLogOptions } from './rotatingLog.ts';

export const RESTART: Omit<BackoffOptions, 'random'> = { firstMs: 100, mostMs: 5_000 };
/** After a kill nothing says that the next start would fail too, so it is soon; a machine without memory still gets a pause. */
const KILLED_MOST_MS = 500;
export const HEALTHY_AFTER_MS = 30_000;
/** A process that lived this long isn't in a tight loop: the next restart is quick. */
const QUICK_AFTER_MS = 2_000;
const FENCED_WAIT_MS = 5_000;
/** About a minute and a half of trying. */
export const MAX_CRASHES = 20;
const FENCED = 3;
const AWAY = 75;
const VERDICTS = new Set([2, 4]);

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
  let restarts = 0;
  let attempt = 0;
  let crashes = 0;
  let stopping = false;
  let timer: NodeJS.Timeout | undefined;

  const ended = (tail: ErrorTail, livedMs: number, code: number | null, signal: string | null): void => {
    process = null;
    health = null;
    if (stopping) return listener.onChange();
    if (livedMs >= QUICK_AFTER_MS) attempt = 0;
    if (livedMs >= HEALTHY_AFTER_MS) crashes = 0;
    const failure: Failure = { name: spec.name, exit: signal === null ? `exit ${code}` : signal, code, attempt: attempt + 1, ...(signal === null ? tail.last() : { message: '', hint: '' }) };
    const told = spec.speaksExitCodes ? code : null;
    if (code !== null && told !== AWAY) crashes += 1; // a signal comes from outside: somebody's kill, or the machine's
    if ((told !== null && VERDICTS.has(told)) || crashes >= MAX_CRASHES) {
      stopping = true;
      listener.onChange();
      return listener.onVerdict(failure);
    }
    const mostMs = signal === null ? RESTART.mostMs : KILLED_MOST_MS;
    const waitMs = Math.max(backoffMs(attempt, { ...RESTART, mostMs, random }), told === FENCED ? FENCED_WAIT_MS : 0);
    attempt += 1;
    restarts += 1;
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
    restarts: () => restarts,
    health: () => health,
    tell: (message) => void (process?.connected && process.send(message, () => undefined)),
    async stop(patienceMs) {
      stopping = true;
      clearTimeout(timer);
      const child = process;
      if (child !== null) {
        const gone = once(child, 'close');
        spec.leave(child);
        const kill = setTimeout(() => child.kill('SIGKILL'), patienceMs);
        await gone;
        clearTimeout(kill);
      }
      log.close();
    },
  };
}
