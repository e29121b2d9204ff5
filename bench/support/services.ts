/** The product's own services as processes, without a supervisor: each with its configuration, its metrics and its processor time. */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ROOT } from '../../infra/places.ts';
import type { Config, SourceConfig } from '../../runtime/config.ts';
import type { Health } from '../../runtime/service.ts';

/** Of /proc/PID/stat: ticks of the clock a second, as Linux gives them to programs. */
const CLOCK_TICKS_PER_SECOND = 100;
const PAGE_BYTES = 4_096;
const START_LIMIT_MS = 60_000;

export interface ConfigWishes {
  readonly natsUrl: string;
  /** Also the universe's. */
  readonly name: string;
  readonly source: SourceConfig;
  readonly instruments: readonly string[];
  readonly stepMs?: number;
  readonly horizonsMs?: readonly number[];
  readonly speed?: number | null;
  readonly virtual?: boolean;
  readonly storeUrl?: string;
}

export function configOf({ natsUrl, name, source, instruments, stepMs = 1_000, horizonsMs = [1_000, 5_000], speed = null, virtual = true, storeUrl }: ConfigWishes): Config {
  const dataDir = mkdtempSync(join(tmpdir(), `foretick-bench-${name}-`));
  return {
    v: 1, dataDir, nats: { url: natsUrl, credentialsFile: null },
    feed: { name, source, virtual, speed, fastUntil: null },
    universes: [{ name, instruments: [...instruments], stepMs, horizonsMs: [...horizonsMs], leaders: instruments.slice(0, 2) }], workers: 0,
    training: { untilTs: null, minMinutes: 10, ungated: false },
    store: { url: storeUrl ?? `sqlite:${join(dataDir, 'history.db')}` }, cache: { url: 'memory:' },
    gateway: { host: '127.0.0.1', port: 0, tokenFile: join(dataDir, 'token') },
  } as Config;
}

export interface Service {
  readonly pid: number;
  health(): Health | null;
  /** Resolves when it says that it runs; rejects when it ends before, or takes too long. */
  running(): Promise<void>;
  end(signal?: NodeJS.Signals): Promise<void>;
}

export function startService(name: string, main: string, config: Config): Service {
  const path = join(config.dataDir, 'config.json');
  writeFileSync(path, JSON.stringify(config));
  const child: ChildProcess = fork(join(ROOT, main), [config.dataDir], { execArgv: [], stdio: ['ignore', 'pipe', 'pipe', 'ipc'], env: { ...process.env, FORETICK_CONFIG: path } });
  let tail = '';
  const keep = (chunk: Buffer): void => void (tail = (tail + String(chunk)).slice(-2_000));
  child.stdout!.on('data', keep);
  child.stderr!.on('data', keep);
  let health: Health | null = null;
  const up = Promise.withResolvers<void>();
  up.promise.catch(() => undefined);
  child.on('message', (message: { type?: string; health: Health }) => {
    if (message.type !== 'health') return;
    health = message.health;
    if (health.state === 'running') up.resolve();
  });
  child.once('exit', (code, signal) => up.reject(new Error(`${name} ended with ${code ?? signal}: ${tail}`)));
  setTimeout(() => up.reject(new Error(`${name} did not run within ${START_LIMIT_MS / 1_000} s, it says ${JSON.stringify(health)}: ${tail}`)), START_LIMIT_MS).unref();
  return {
    pid: child.pid!,
    health: () => health,
    running: () => up.promise,
    async end(signal = 'SIGTERM') {
      if (child.exitCode !== null || child.signalCode !== null) return;
      child.kill(signal);
      await once(child, 'exit');
    },
  };
}

/** What a process has used. null where the system doesn't say (macOS). */
export function usage(pid: number): { readonly cpuSeconds: number; readonly rssBytes: number } | null {
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').replace(/^.*\) /s, '').split(' ');
    return { cpuSeconds: (Number(fields[11]) + Number(fields[12])) / CLOCK_TICKS_PER_SECOND, rssBytes: Number(fields[21]) * PAGE_BYTES };
  } catch {
    return null;
  }
}

export const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

export async function until(what: string, isSo: () => Promise<boolean> | boolean, limitMs = 60_000, pollMs = 20): Promise<void> {
  const deadline = performance.now() + limitMs;
  while (!(await isSo())) {
    if (performance.now() > deadline) throw new Error(`waited ${limitMs / 1_000} s in vain: ${what}`);
    await sleep(pollMs);
  }
}
