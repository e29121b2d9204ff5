/** What Linux says of a process in /proc: resident memory and processor time. */
import { readFileSync } from 'node:fs';

/** USER_HZ: 100 on every Linux that runs Node. */
const TICKS_PER_SECOND = 100;
/** Fields of /proc/PID/stat behind the name in brackets, which may hold spaces: utime and stime are the 14th and 15th of all. */
const UTIME = 11;

export interface ProcessUse { readonly rssBytes: number; readonly cpuSeconds: number }

/** null when there is no such process. */
export function processUse(pid: number): ProcessUse | null {
  try {
    const status = readFileSync(`/proc/${pid}/status`, 'utf8');
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    const rssKb = /^VmRSS:\s+(\d+) kB/m.exec(status)?.[1];
    if (rssKb === undefined) return null;
    return { rssBytes: Number(rssKb) * 1_024, cpuSeconds: (Number(fields[UTIME]) + Number(fields[UTIME + 1])) / TICKS_PER_SECOND };
  } catch {
    return null;
  }
}
