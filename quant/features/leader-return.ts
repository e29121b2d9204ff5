/** Log return of one of the universe's leaders over a window, bps. NaN where the universe has no such leader. */
import type { FeatureDefinition } from './definition.ts';
import { delaySlots, initDelay, pushDelay } from './toolkit/delay.ts';
import { logReturnBps } from './toolkit/number.ts';
import { label, stepsIn } from './toolkit/window.ts';

export const leaderReturn = (leader: number) => (windowMs: number, stepMs: number): FeatureDefinition => {
  const n = stepsIn(windowMs, stepMs);
  return {
    name: `leader${leader}_ret_${label(windowMs)}`,
    group: 'leader',
    unit: 'bps',
    source: `ln(mid(T)/mid(T − window)) of leader ${leader}; lead-lag: Lo, MacKinlay 1990`,
    warmupMs: n * stepMs,
    directional: true,
    slots: delaySlots(n),
    init: (state) => initDelay(state, 0, n),
    onStep(state, { leaderMids }) {
      const mid = leaderMids[leader] ?? Number.NaN;
      return logReturnBps(mid, pushDelay(state, 0, n, mid));
    },
  };
};
