/**
 * Maturing predictions: at the frame of T, the predictions of T − h meet what happened. Pure; the memory holds what the
 * longest horizon needs and no more.
 *
 * A frame flagged `gap` has no mids, so what would mature at it stays unjudged (null), and so does what was predicted
 * where there is no frame any more. Nothing is judged on a price that nobody saw.
 */
import { logReturnBps } from './returns.ts';
import type { Matured, Outcome } from '../streams/messages/outcome.ts';
import type { HorizonPrediction, Prediction } from '../streams/messages/prediction.ts';

export interface PriceFrame { readonly universe: string; readonly ts: number; readonly symbols: readonly string[]; readonly mid: readonly (number | null)[] }
/** Frame time → what was predicted then, and the mids of that frame. Plain data. */
export type Pending = Map<number, { readonly prediction: Pick<Prediction, 'role' | 'model' | 'late' | 'horizons'>; readonly mid: readonly (number | null)[] }>;

/** The outcome message of this frame. Then `prediction` (of the same frame) joins the pending ones. */
export function mature(pending: Pending, frame: PriceFrame, prediction: Prediction, longestHorizonMs: number): Outcome {
  const matured: Matured[] = [];
  for (const [ts, past] of pending) {
    for (const horizon of past.prediction.horizons) {
      if (ts + horizon.horizonMs * 1_000 === frame.ts && past.prediction.model !== null) matured.push(judge(ts, past.prediction, past.prediction.model, horizon, past.mid, frame.mid));
    }
    if (ts + longestHorizonMs * 1_000 <= frame.ts) pending.delete(ts);
  }
  if (prediction.model !== null) {
    const { role, model, late, horizons } = prediction;
    pending.set(frame.ts, { prediction: { role, model, late, horizons }, mid: [...frame.mid] });
  }
  matured.sort((a, b) => a.horizonMs - b.horizonMs);
  return { v: 1, universe: frame.universe, frameTs: frame.ts, symbols: [...frame.symbols], matured };
}

const orNull = (value: number): number | null => (Number.isFinite(value) ? Math.round(value * 1e6) / 1e6 || 0 : null);

function judge(
  predictedTs: number, { role, late }: Pick<Prediction, 'role' | 'late'>, model: string, horizon: HorizonPrediction,
  from: readonly (number | null)[], to: readonly (number | null)[],
): Matured {
  const realisedBps = to.map((mid, s) => orNull(logReturnBps(from[s] ?? null, mid)));
  return {
    horizonMs: horizon.horizonMs, predictedTs, model, role, late, realisedBps,
    retBps: horizon.retBps, loBps: horizon.loBps, hiBps: horizon.hiBps, pUp: horizon.pUp,
    errBps: realisedBps.map((realised, s) => (realised === null || horizon.retBps[s] === null ? null : orNull(realised - horizon.retBps[s]!))),
    covered: realisedBps.map((realised, s) => {
      const [lo, hi] = [horizon.loBps[s] ?? null, horizon.hiBps[s] ?? null];
      return realised === null || lo === null || hi === null ? null : Number(realised >= lo && realised <= hi);
    }),
    naiveErrBps: realisedBps,
  };
}
