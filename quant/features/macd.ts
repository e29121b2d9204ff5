/**
 * Moving average convergence/divergence (12, 26, 9 steps) in bps of the mid: line, signal and histogram. As in TA-Lib,
 * both means have their first value at the 26th step (so the fast one leaves out the first 14 mids), and all three
 * are known when the signal is, at the 34th. Source: Appel 1979.
 * Layout: [mids left out so far, fast EMA, slow EMA, signal EMA].
 */
import type { FeatureDefinition } from './definition.ts';
import { EMA_SLOTS, initEma, pushEma } from './toolkit/ema.ts';
import { BPS, known, ratio } from './toolkit/number.ts';

const FAST = 12;
const SLOW = 26;
const SIGNAL = 9;
const AT_FAST = 1;
const AT_SLOW = AT_FAST + EMA_SLOTS;
const AT_SIGNAL = AT_SLOW + EMA_SLOTS;

export type MacdOutput = 'line' | 'signal' | 'hist';

export function macd(output: MacdOutput, stepMs: number): FeatureDefinition {
  return {
    name: `macd_${output}_${FAST}_${SLOW}_${SIGNAL}`,
    group: 'momentum',
    unit: 'bps',
    source: `Appel 1979, ${FAST}, ${SLOW}, ${SIGNAL} steps, as TA-Lib's MACD, over the mid`,
    warmupMs: (SLOW + SIGNAL - 2) * stepMs,
    directional: true,
    slots: AT_SIGNAL + EMA_SLOTS,
    init(state) {
      state[0] = 0;
      initEma(state, AT_FAST);
      initEma(state, AT_SLOW);
      initEma(state, AT_SIGNAL);
    },
    onStep(state, { book: { mid } }) {
      const line = pushLine(state, known(mid));
      const signal = pushEma(state, AT_SIGNAL, SIGNAL, line);
      const value = output === 'signal' ? signal : output === 'line' ? line : line - signal;
      return Number.isNaN(signal) ? Number.NaN : ratio(BPS * value, mid);
    },
  };
}

function pushLine(state: Float64Array, mid: number): number {
  const slow = pushEma(state, AT_SLOW, SLOW, mid);
  if (state[0]! < SLOW - FAST) {
    if (mid > 0) state[0]! += 1;
    return Number.NaN;
  }
  return pushEma(state, AT_FAST, FAST, mid) - slow;
}
