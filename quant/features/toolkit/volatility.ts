/**
 * The volatility that others are scaled by: root of the exponentially weighted mean square of one-step log returns of
 * the mid, half-life 60 s, per √s. Known after five returns; never below a floor, so that dividing by it is safe in a
 * market that stands still. Source: RiskMetrics 1996 (there with a decay of 0.94 a day).
 * Layout: [mid before, returns seen (up to five), EWMA].
 */
import { EWMA_SLOTS, decayPerStep, initEwma, pushEwma } from './ewma.ts';
import { logReturnBps } from './number.ts';

export const VOL_SLOTS = 2 + EWMA_SLOTS;
export const VOL_HALF_LIFE_MS = 60_000;
/** Fewer returns say too little. */
export const VOL_RETURNS = 5;
/**
 * bps per √s. Half of the least that ETHUSDT and IBM show in any second of ../shared/data (0.1); BTCUSDT is below it
 * only in its first seconds, before its mid has moved.
 */
export const VOL_FLOOR_BPS = 0.05;

export const volDecay = (stepMs: number): number => decayPerStep(VOL_HALF_LIFE_MS, stepMs);

export function initVol(state: Float64Array, at: number): void {
  state[at] = Number.NaN;
  state[at + 1] = 0;
  initEwma(state, at + 2);
}

/** Takes the step's mid, gives bps per √s. */
export function pushVol(state: Float64Array, at: number, stepMs: number, decay: number, mid: number): number {
  const ret = logReturnBps(mid, state[at]!);
  const meanSquare = pushEwma(state, at + 2, decay, ((ret * ret) * 1_000) / stepMs);
  if (!Number.isNaN(ret)) state[at + 1] = Math.min(VOL_RETURNS, state[at + 1]! + 1);
  if (mid > 0) state[at] = mid;
  return state[at + 1] === VOL_RETURNS ? Math.max(VOL_FLOOR_BPS, Math.sqrt(meanSquare)) : Number.NaN;
}
