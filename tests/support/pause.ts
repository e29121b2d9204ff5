/** Stands a process still. The signal alone is not enough: threads on other processors may go on answering for a while. */
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

/** SIGSTOP; resolves once every thread stands still. SIGCONT goes on. */
export async function pause(pid: number): Promise<void> {
  process.kill(pid, 'SIGSTOP');
  while (!states(pid).every((state) => state.startsWith('T'))) await sleep(1);
}

/** One letter a thread, as ps has them; where there is no /proc, of the process as a whole. */
function states(pid: number): string[] {
  if (process.platform !== 'linux') return [execFileSync('ps', ['-o', 'state=', '-p', String(pid)], { encoding: 'utf8' }).trim()];
  const stat = (thread: string): string => readFileSync(`/proc/${pid}/task/${thread}/stat`, 'utf8');
  return readdirSync(`/proc/${pid}/task`).map((thread) => stat(thread).split(') ').at(-1)!);
}
