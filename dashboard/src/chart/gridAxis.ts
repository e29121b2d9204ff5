/**
 * Where a time lies on the chart's even grid, also between two steps: the library itself places whole steps only (it
 * answers 0 for anything between).
 */
import type { ITimeScaleApi, Logical, Time, UTCTimestamp } from 'lightweight-charts';

export interface GridAxis {
  /** Position of the origin on the time scale. */
  readonly base: number;
  /** Position of a time, in steps. */
  index(ts: number): number;
  x(ts: number): number;
}

/** Null while the time scale is empty. */
export function gridAxis(scale: ITimeScaleApi<Time>, originTs: number, stepUs: number): GridAxis | null {
  const base = scale.timeToIndex(Math.floor(originTs / 1_000_000) as UTCTimestamp, true);
  const left = base === null ? null : scale.logicalToCoordinate(base as unknown as Logical);
  if (base === null || left === null) return null;
  const { barSpacing } = scale.options();
  const steps = (ts: number): number => (ts - originTs) / stepUs;
  return { base, index: (ts) => base + steps(ts), x: (ts) => left + steps(ts) * barSpacing };
}
