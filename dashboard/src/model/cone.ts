/**
 * A forecast as prices: where the expected return and its 90 % interval put the price at each horizon.
 * price = reference × exp(bps / 10,000), the inverse of the label ln(mid(T+h)/mid(T)).
 */
import type { LatestPrediction } from '../../../streams/messages/latest.ts';

export interface ConeStep { readonly ts: number; readonly price: number; readonly lo: number; readonly hi: number }
export interface Cone { readonly ts: number; readonly price: number; readonly steps: readonly ConeStep[] }

export const priceAt = (reference: number, bps: number): number => reference * Math.exp(bps / 10_000);

/** Null while there is no forecast. A horizon without its interval is left out. */
export function coneOf(prediction: LatestPrediction | null): Cone | null {
  const reference = prediction?.refPrice;
  if (prediction === null || reference === null || reference === undefined) return null;
  const steps = prediction.horizons
    .flatMap(({ horizonMs, retBps, loBps, hiBps }) =>
      retBps === null || loBps === null || hiBps === null
        ? []
        : [{ ts: prediction.frameTs + horizonMs * 1_000, price: priceAt(reference, retBps), lo: priceAt(reference, loBps), hi: priceAt(reference, hiBps) }])
    .sort((a, b) => a.ts - b.ts);
  return steps.length === 0 ? null : { ts: prediction.frameTs, price: reference, steps };
}
