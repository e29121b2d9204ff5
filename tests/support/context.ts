/** A service's context for running its body inside a test. */
import { Registry } from 'prom-client';
import { type Health, mergeInto, type ProcessContext } from '../../runtime/service.ts';

export const silentLog = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };

export function testContext(name: string, signal: AbortSignal): ProcessContext & { health(): Pick<Health, 'state' | 'detail' | 'cursors'> } {
  let current: Pick<Health, 'state' | 'detail' | 'cursors'> = { state: 'starting', detail: '', cursors: {} };
  const cursors: Record<string, number> = {};
  return {
    name, signal, log: silentLog, metrics: new Registry(), health: () => current, onHealth: () => undefined, addMetrics: () => () => undefined, countFenced: () => undefined,
    report(change) {
      mergeInto(cursors, change.cursors);
      current = { ...current, ...change, cursors };
    },
  };
}
