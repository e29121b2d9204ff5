/**
 * For a child process that is given what a stranger made: a thread that ends the process when it takes too much memory, or
 * when the process that started it is gone. A thread, because a native call or a loop that hangs lets no timer of the main one run.
 */
import { Worker } from 'node:worker_threads';

const WATCH_EVERY_MS = 10;

/** `parentPid`: whom the child works for. */
export interface WatchLimits { readonly memoryBytes: number; readonly parentPid: number }

/** Ends this process with SIGKILL, which a parent takes for too much memory. */
export const watchThisProcess = (limits: WatchLimits): Worker => new Worker(
  `const { memoryBytes, parentPid, everyMs } = require('node:worker_threads').workerData;
   setInterval(() => { if (process.memoryUsage.rss() > memoryBytes || process.ppid !== parentPid) process.kill(process.pid, 'SIGKILL'); }, everyMs);`,
  { eval: true, workerData: { ...limits, everyMs: WATCH_EVERY_MS } },
);

/** Somebody ended the child by this; that says nothing of what it was given. */
export const FROM_OUTSIDE: ReadonlySet<NodeJS.Signals> = new Set(['SIGINT', 'SIGTERM', 'SIGHUP']);
