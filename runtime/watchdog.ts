/**
 * For a child process that is given what a stranger made: a thread that ends the process when it takes too much memory, or
 * when the process that started it is gone. A thread, because a native call or a loop that hangs lets no timer of the main one run.
 */
import { Worker } from 'node:worker_threads';

const WATCH_EVERY_MS = 10;

/** `parentPid`: whom the child works for. */
export interface WatchLimits { readonly memoryBytes: number; readonly parentPid: number }

/** How this process ends itself when it takes too much memory: nobody else sends it. SIGKILL comes from outside, also from a machine without memory. */
export const TOO_LARGE = 'SIGUSR2';

/** Ends this process with TOO_LARGE; with SIGKILL when nobody is left to tell. */
export const watchThisProcess = (limits: WatchLimits): Worker => new Worker(
  `const { memoryBytes, parentPid, tooLarge, everyMs } = require('node:worker_threads').workerData;
   setInterval(() => {
     if (process.memoryUsage.rss() > memoryBytes) process.kill(process.pid, tooLarge);
     if (process.ppid !== parentPid) process.kill(process.pid, 'SIGKILL');
   }, everyMs);`,
  { eval: true, workerData: { ...limits, tooLarge: TOO_LARGE, everyMs: WATCH_EVERY_MS } },
);

/** Somebody ended the child by this; that says nothing of what it was given. */
export const FROM_OUTSIDE: ReadonlySet<NodeJS.Signals> = new Set(['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGKILL']);
