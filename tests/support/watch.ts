/** How long the event loop stood still while something ran: a guard against hangs, generous because machines are busy. */
import { monitorEventLoopDelay } from 'node:perf_hooks';

const RESOLUTION_MS = 5;

/** The longest pause in ms, beside what `work` gave. */
export async function longestPause<T>(work: () => T | Promise<T>): Promise<{ result: T; pauseMs: number }> {
  const monitor = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  monitor.enable();
  await new Promise((resolve) => setTimeout(resolve, 4 * RESOLUTION_MS)); // the first samples after enabling aren't counted
  const result = await work();
  await new Promise((resolve) => setTimeout(resolve, 4 * RESOLUTION_MS));
  monitor.disable();
  return { result, pauseMs: monitor.max / 1e6 };
}
