/** A real nats-server for tests: loopback, a free port, a temporary folder; stopped by its own process id. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '../../infra/ports.ts';

const CANDIDATES = [join(import.meta.dirname, '../../.foretick/python/bin/nats-server'), join(import.meta.dirname, '../../.foretick/bin/nats-server'), ...(process.env['PATH'] ?? '').split(':').map((dir) => join(dir, 'nats-server'))];

/** Path of the program, or null. In CI its absence is an error. */
export function natsServerPath(): string | null {
  const found = CANDIDATES.find((path) => existsSync(path)) ?? null;
  if (found === null && process.env['CI']) throw new Error('nats-server is missing in CI: ./foretick test installs it');
  if (found === null) console.warn('skipped: nats-server is not installed; `./foretick doctor` says how');
  return found;
}

export interface NatsServer {
  readonly url: string;
  pid(): number;
  /** kill -9, as a crash would. */
  kill(): Promise<void>;
  /** On the same port and folder. */
  start(): Promise<void>;
  /** Ends it and deletes its folder. */
  stop(): Promise<void>;
}

export async function startNatsServer(options: readonly string[] = []): Promise<NatsServer> {
  const path = natsServerPath();
  if (path === null) throw new Error('nats-server is not installed');
  const dir = mkdtempSync(join(tmpdir(), 'foretick-nats-'));
  const config = join(dir, 'node.conf');
  // A number, because by default the server takes three quarters of what is free now, and refuses streams that could outgrow it.
  writeFileSync(config, `jetstream { store_dir: ${JSON.stringify(dir)}, max_file_store: 64GB }\n`);
  const port = await freePort();
  let child: ChildProcess;
  const end = async (signal: NodeJS.Signals): Promise<void> => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    child.kill(signal);
    await once(child, 'exit');
  };
  const start = async (): Promise<void> => {
    child = spawn(path, ['-c', config, '-a', '127.0.0.1', '-p', String(port), ...options], { stdio: ['ignore', 'ignore', 'pipe'] });
    await new Promise<void>((resolve, reject) => {
      child.once('exit', () => reject(new Error('nats-server ended at its start')));
      child.stderr!.on('data', (chunk: Buffer) => chunk.includes('Server is ready') && resolve());
    });
  };
  await start();
  return {
    url: `nats://127.0.0.1:${port}`,
    pid: () => child.pid!,
    start,
    kill: () => end('SIGKILL'),
    stop: async () => {
      await end('SIGTERM');
      rmSync(dir, { recursive: true, force: true });
    },
  };
}
