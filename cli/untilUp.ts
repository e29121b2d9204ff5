/** When the services of a start are there. */
import type { Supervisor } from '../runtime/supervisor.ts';
import type { Terminal } from './terminal.ts';

/** Services that don't say they are up after this long are left to the supervisor and their logs, ms. */
const START_MS = 20_000;
const POLL_MS = 50;
/** Waited for without end: its address is what is said next. */
const DOOR = 'gateway';

export async function untilUp(services: readonly string[], supervisor: Pick<Supervisor, 'health'>, terminal: Pick<Terminal, 'warn'>, signal: AbortSignal): Promise<void> {
  const starting = (name: string): boolean => (supervisor.health(name)?.state ?? 'starting') === 'starting';
  let told = false;
  for (let waited = 0; !signal.aborted; waited += POLL_MS) {
    const missing = services.filter(starting);
    if (missing.length === 0) return;
    if (waited >= START_MS) {
      if (!told) terminal.warn(`still starting: ${missing.join(', ')}; \`foretick status\` shows how far`);
      told = true;
      if (!missing.includes(DOOR)) return;
    }
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}
