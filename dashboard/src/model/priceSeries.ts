/**
 * Recent prices on an even grid of market time: one point a step, the newest price of the step, never more than `limit`
 * points. A price a little older than the newest step is dropped; one far behind means that another market began (a
 * recording played anew), and the series begins with it. `evenly` fills quiet steps, because the chart spaces its
 * points by count, not by time.
 */
export interface PricePoint { readonly ts: number; readonly price: number }

export interface PriceSeries {
  /** True when a new step began. */
  push(ts: number, price: number): boolean;
  /** Oldest first. A fresh list only when something changed. */
  points(): readonly PricePoint[];
  /** Older points, put before what is there. */
  backfill(points: readonly PricePoint[]): void;
}

const ANOTHER_MARKET_US = 10_000_000;

export function createPriceSeries(stepUs: number, limit: number): PriceSeries {
  let points: PricePoint[] = [];
  const trim = (): void => {
    if (points.length > limit) points = points.slice(-limit);
  };
  return {
    push(rawTs, price) {
      const ts = Math.floor(rawTs / stepUs) * stepUs;
      const last = points.at(-1);
      if (last !== undefined && ts < last.ts - ANOTHER_MARKET_US) {
        points = [{ ts, price }];
        return true;
      }
      if (last !== undefined && ts < last.ts) return false;
      if (last !== undefined && ts === last.ts) {
        points = [...points.slice(0, -1), { ts, price }];
        return false;
      }
      points = [...points, { ts, price }];
      trim();
      return true;
    },
    points: () => points,
    backfill(older) {
      const before = points[0]?.ts ?? Infinity;
      const kept = new Map<number, PricePoint>();
      for (const { ts, price } of older) {
        const step = Math.floor(ts / stepUs) * stepUs;
        if (step < before) kept.set(step, { ts: step, price });
      }
      points = [...[...kept.values()].sort((a, b) => a.ts - b.ts), ...points];
      trim();
    },
  };
}

/** Quiet steps up to this long repeat the price before them; a longer silence shows as a hole. */
const CARRY_STEPS = 30;

/** One entry for each step from the first point to the last, at most the newest `limit`; null in a hole. */
export function evenly(points: readonly PricePoint[], stepUs: number, limit: number): { ts: number; price: number | null }[] {
  const last = points.at(-1);
  if (last === undefined) return [];
  const from = last.ts - (limit - 1) * stepUs;
  const filled: { ts: number; price: number | null }[] = [];
  let previous: PricePoint | undefined;
  for (const point of points) {
    if (previous !== undefined) {
      for (let ts = Math.max(previous.ts + stepUs, from); ts < point.ts; ts += stepUs) {
        filled.push({ ts, price: ts - previous.ts <= CARRY_STEPS * stepUs ? previous.price : null });
      }
    }
    if (point.ts >= from) filled.push(point);
    previous = point;
  }
  return filled;
}
