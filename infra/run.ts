/** Runs a program to its end and keeps the last of what it said, for the message when it fails. */
import { spawn } from 'node:child_process';

export interface RunResult { readonly ok: boolean; /** The last lines of stdout and stderr together. */ readonly tail: string; /** All of stdout, up to MAX_OUTPUT. */ readonly stdout: string }

const MAX_OUTPUT = 1_000_000;
const TAIL_CHARS = 2_000;

/** Never throws: a program that isn't there is a failure like any other. */
export function run(command: string, args: readonly string[], options: { cwd?: string; env?: NodeJS.ProcessEnv; timeoutMs?: number } = {}): Promise<RunResult> {
  return new Promise((resolve) => {
    let stdout = '';
    let tail = '';
    const child = spawn(command, args, { cwd: options.cwd, env: { ...process.env, ...options.env }, stdio: ['ignore', 'pipe', 'pipe'], timeout: options.timeoutMs, killSignal: 'SIGKILL' });
    const keep = (chunk: Buffer): void => void (tail = (tail + chunk.toString()).slice(-TAIL_CHARS));
    child.stdout.on('data', (chunk: Buffer) => {
      if (stdout.length < MAX_OUTPUT) stdout += chunk.toString();
      keep(chunk);
    });
    child.stderr.on('data', keep);
    child.once('error', (error) => resolve({ ok: false, stdout: '', tail: error.message }));
    child.once('close', (code) => resolve({ ok: code === 0, stdout, tail: tail.trim() }));
  });
}
