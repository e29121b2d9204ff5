/**
 * Ends what a killed supervisor left behind. A process id alone proves nothing (ids are reused), so a process is only
 * touched when its command line holds the marker that it was started with.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';

const POLL_MS = 50;
/** After the grace, how long each of asking and ending may take, ms. Short: nothing that was acknowledged is lost by an end. */
const PATIENCE_MS = 2_000;

export interface Leftover { readonly pid: number; /** A part of its command line, such as the data folder. */ readonly marker: string }

/** The command line, or '' when there is no such process (a zombie has none either). */
export function commandOf(pid: number): string {
  if (existsSync('/proc/self/cmdline')) {
    try {
      return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ');
    } catch {
      return '';
    }
  }
  return spawnSync('ps', ['-p', String(pid), '-o', 'args='], { encoding: 'utf8' }).stdout.trim();
}

export const isAlive = ({ pid, marker }: Leftover): boolean => commandOf(pid).includes(marker);

/** Waits up to `graceMs` for it to leave by itself, then asks with SIGTERM, then ends it. Resolves when it is gone. */
export async function endLeftover(leftover: Leftover, graceMs: number): Promise<void> {
  if (await isGoneWithin(leftover, graceMs)) return;
  for (const signal of ['SIGTERM', 'SIGKILL'] as const) {
    try {
      process.kill(leftover.pid, signal);
    } catch {
      return; // it left between the look and the signal
    }
    if (await isGoneWithin(leftover, PATIENCE_MS)) return;
  }
}

async function isGoneWithin(leftover: Leftover, ms: number): Promise<boolean> {
  for (let waited = 0; ; waited += POLL_MS) {
    if (!isAlive(leftover)) return true;
    if (waited >= ms) return false;
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}
