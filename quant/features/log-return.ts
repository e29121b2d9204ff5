/** Log return of the mid over a window, bps. */
import type { FeatureDefinition } from './definition.ts';
import { delaySlots, initDelay, pushDelay } from './toolkit/delay.ts';
import { logReturnBps } from './toolkit/number.ts';
import { label, stepsIn } from './toolkit/window.ts';

export function logReturn(windowMs: number, stepMs: number): FeatureDefinition {
  const n = stepsIn(windowMs, stepMs);
  return {
    name: `ret_${label(windowMs)}`,
    group: 'return',
    unit: 'bps',
    source: 'ln(mid(T)/mid(T − window))',
    warmupMs: n * stepMs,
    directional: true,
    slots: delaySlots(n),
    init: (state) => initDelay(state, 0, n),
    onStep: (state, { book }) => logReturnBps(book.mid, pushDelay(state, 0, n, book.mid)),
  };
}
