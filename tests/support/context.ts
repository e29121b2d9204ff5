/** A service's context for running its body inside a test. */
import { Registry } from 'prom-client';
import { type Health, mergeCursors, type ProcessContext } from '../../runtime/service.ts';

export const silentLog = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };

export function testContext(name: string, signal: AbortSignal): ProcessContext & { health(): Pick<Health, 'state' | 'detail' | 'cursors'> } {
  let current: Pick<Health, 'state' | 'detail' | 'cursors'> = { state: 'starting', detail: '', cursors: {} };
  return {
    name, signal, log: silentLog, metrics: new Registry(), health: () => current, onHealth: () => undefined, addMetrics: () => () => undefined, countFenced: () => undefined,
    report: (change) => void (current = { ...current, ...change, cursors: mergeCursors(current.cursors, change.cursors) }),
  };
}
