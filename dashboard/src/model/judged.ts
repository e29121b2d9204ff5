/**
 * Past forecasts of one instrument and horizon against what happened. A list is oldest first, one row a frame, and never
 * longer than its limit; a matured row replaces the pending one of its frame.
 */
import type { JudgedPrediction } from '../../../sdk/api.ts';

export type Judged = JudgedPrediction;

export function mergeJudged(rows: readonly Judged[], news: readonly Judged[], limit: number): readonly Judged[] {
  if (news.length === 0) return rows;
  const byFrame = new Map(rows.map((row) => [row.frameTs, row]));
  for (const row of news) {
    const old = byFrame.get(row.frameTs);
    // An answer on its way while the outcome came must not undo it.
    if (old === undefined || old.realisedBps === null || row.realisedBps !== null) byFrame.set(row.frameTs, row);
  }
  return [...byFrame.values()].sort((a, b) => a.frameTs - b.frameTs).slice(-limit);
}

/**
 * From which frame on to ask again: the oldest that should still mature. A row pending for far longer than its horizon
 * never will (a gap ate its outcome), so it isn't waited for.
 */
export function resumeFrom(rows: readonly Judged[], horizonMs: number): number | undefined {
  const last = rows.at(-1);
  if (last === undefined) return undefined;
  const hopeless = last.frameTs - (2 * horizonMs + 10_000) * 1_000;
  return rows.find((row) => row.realisedBps === null && row.retBps !== null && row.frameTs >= hopeless)?.frameTs ?? last.frameTs;
}

/** Inside its 90 % interval? Null while that can't be said. */
export const inside = ({ realisedBps, loBps, hiBps }: Judged): boolean | null =>
  realisedBps === null || loBps === null || hiBps === null ? null : realisedBps >= loBps && realisedBps <= hiBps;

export interface Tally { readonly matured: number; readonly inside: number; readonly skill: number | null }
/** Counts and skill 1 − Σe²/Σe₀² of the rows shown; null when nothing moved. Late rows don't count. */
export function tally(rows: readonly Judged[]): Tally {
  let matured = 0, within = 0, squared = 0, naive = 0;
  for (const row of rows) {
    if (row.realisedBps === null || row.retBps === null || row.late) continue;
    matured += 1;
    if (inside(row) === true) within += 1;
    squared += (row.realisedBps - row.retBps) ** 2;
    naive += row.realisedBps ** 2;
  }
  return { matured, inside: within, skill: naive > 0 ? 1 - squared / naive : null };
}
