/** A real redis-server for tests: loopback, a free port, a temporary folder; stopped by its own process id. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findRedisServer, redisCommand } from '../../infra/redisTool.ts';
import { freePort } from '../../infra/ports.ts';
import { pause } from './pause.ts';

/** Path of the program, or null. In CI its absence is an error. */
export function redisServerPath(): string | null {
  const found = findRedisServer(process.env['PATH'] ?? '');
  if (found === null && process.env['CI']) throw new Error('redis-server is missing in CI: ./foretick test installs it');
  if (found === null) console.warn(`skipped: redis-server is not installed; to have it: ${redisCommand}`);
  return found;
}

export interface RedisServer {
  readonly url: string;
  /** kill -9: with no persistence, everything it held is gone. */
  kill(): Promise<void>;
  /** SIGSTOP: the connection stays, nothing is answered. */
  pause(): Promise<void>;
  resume(): void;
  /** On the same port. */
  start(): Promise<void>;
  /** Ends it and deletes its folder. */
  stop(): Promise<void>;
}

export async function startRedisServer(options: readonly string[] = []): Promise<RedisServer> {
  const path = redisServerPath();
  if (path === null) throw new Error('redis-server is not installed');
  const dir = mkdtempSync(join(tmpdir(), 'foretick-redis-'));
  const port = await freePort();
  let child: ChildProcess;
  const end = async (signal: NodeJS.Signals): Promise<void> => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    child.kill(signal);
    await once(child, 'exit');
  };
  const start = async (): Promise<void> => {
    child = spawn(path, ['--bind', '127.0.0.1', '--port', String(port), '--dir', dir, '--save', '', '--appendonly', 'no', ...options], { stdio: ['ignore', 'pipe', 'ignore'] });
    await new Promise<void>((resolve, reject) => {
      child.once('exit', () => reject(new Error('redis-server ended at its start')));
      child.stdout!.on('data', (chunk: Buffer) => /ready to accept connections/i.test(chunk.toString()) && resolve());
    });
  };
  await start();
  return {
    url: `redis://127.0.0.1:${port}`,
    start,
    kill: () => end('SIGKILL'),
    pause: () => pause(child.pid!),
    resume: () => void child.kill('SIGCONT'),
    stop: async () => {
      await end('SIGKILL');
      rmSync(dir, { recursive: true, force: true });
    },
  };
}
