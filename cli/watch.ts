/** What `up` tells while the pipeline runs: the first forecast, a quiet status line, and when a bounded run is complete. */
import type { Config } from '../runtime/config.ts';
import { messageOf } from '../runtime/errors.ts';
import type { Supervisor } from '../runtime/supervisor.ts';
import type { Connection } from '../streams/edge/connect.ts';
import { parsePrediction } from '../streams/messages/prediction.ts';
import { predictionsSubject } from '../streams/subjects.ts';
import { readProgress } from './completion.ts';
import { followHealths } from './healths.ts';
import type { Terminal } from './terminal.ts';

const POLL_MS = 250;
const STATUS_MS = 1_000;

/** Says `first forecast` when one is published that a model made. Resolves then, or when the signal aborts. */
export async function announceFirstForecast(connection: Connection, sinceMs: number, terminal: Terminal, signal: AbortSignal): Promise<void> {
  const subscription = connection.nc.subscribe(predictionsSubject('*'));
  signal.addEventListener('abort', () => subscription.unsubscribe(), { once: true });
  if (signal.aborted) subscription.unsubscribe();
  for await (const message of subscription) {
    const model = modelOf(message.data, terminal);
    if (model === null) continue;
    terminal.line(`first forecast after ${((performance.now() - sinceMs) / 1_000).toFixed(1)} s, by ${model}`);
    return; // ends the subscription too
  }
}

/** null when none made it, or it can't be read: that is told, and the next one is looked at. */
function modelOf(data: Uint8Array, terminal: Terminal): string | null {
  try {
    return parsePrediction(data).model;
  } catch (error) {
    terminal.warn(`a prediction could not be read, it is passed over: ${messageOf(error)}`);
    return null;
  }
}

/** Resolves when a bounded run is complete; false when the signal aborted before. */
export async function untilComplete(connection: Connection, config: Config, supervisor: Supervisor, terminal: Terminal, signal: AbortSignal): Promise<boolean> {
  const healths = followHealths(connection);
  while (!signal.aborted) {
    const { done, feedEnded, outcomeTs } = await readProgress(connection, config, healths);
    if (done) return true;
    const at = outcomeTs === null ? 'no outcome yet' : `outcomes up to ${new Date(outcomeTs / 1_000).toISOString()}`;
    terminal.status(`  ${feedEnded ? 'the source has ended; ' : ''}${at}; ${waitingFor(supervisor)}`);
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
  return false;
}

/** A line that says how things are, overwritten in place; only on a terminal. */
export function keepStatusLine(supervisor: Supervisor, terminal: Terminal): NodeJS.Timeout {
  return setInterval(() => terminal.status(`  ${waitingFor(supervisor)}${supervisor.restarts() === 0 ? '' : `; ${supervisor.restarts()} restarts`}   Ctrl-C stops`), STATUS_MS);
}

/** In the services' own words. */
function waitingFor(supervisor: Supervisor): string {
  const trainer = supervisor.health('trainer');
  const said = trainer?.state === 'waiting' || trainer?.detail.startsWith('training') ? trainer.detail : (supervisor.health('inference') ?? supervisor.health('worker-1'))?.detail;
  return said === undefined || said === '' ? 'running' : said;
}
