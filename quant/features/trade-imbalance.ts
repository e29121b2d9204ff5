/**
 * Share of a window's volume that buyers started, less the sellers' share, −1 to 1; 0 where nobody traded.
 * Source: Chordia, Roll, Subrahmanyam 2002.
 * Layout: [signed volume of the running step, volume, window of signed volumes, window of volumes].
 */
import type { FeatureDefinition } from './definition.ts';
import { known } from './toolkit/number.ts';
import { tradeSign } from './toolkit/trade-sign.ts';
import { initWindowSum, pushWindowSum, windowSumSlots } from './toolkit/window-sum.ts';
import { label, stepsIn } from './toolkit/window.ts';

const SIGNED = 2;

export function tradeImbalance(windowMs: number, stepMs: number): FeatureDefinition {
  const n = stepsIn(windowMs, stepMs);
  const volumes = SIGNED + windowSumSlots(n);
  return {
    name: `trade_imb_${label(windowMs)}`,
    group: 'flow',
    unit: '1',
    source: 'Σ sign·size / Σ size; Chordia, Roll, Subrahmanyam 2002',
    warmupMs: (n - 1) * stepMs,
    directional: true,
    slots: volumes + windowSumSlots(n),
    init(state) {
      state[0] = 0;
      state[1] = 0;
      initWindowSum(state, SIGNED, n);
      initWindowSum(state, volumes, n);
    },
    onTrade(state, trade, before) {
      state[0]! += tradeSign(trade, before) * trade.size;
      state[1]! += trade.size;
    },
    onStep(state) {
      const signed = pushWindowSum(state, SIGNED, n, known(state[0]!));
      const volume = pushWindowSum(state, volumes, n, known(state[1]!));
      state[0] = 0;
      state[1] = 0;
      return volume === 0 ? 0 : signed / volume;
    },
  };
}
