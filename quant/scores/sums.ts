/** Sums over judged predictions from which every score follows. e: realised − predicted; e0: realised; f: forecast; y: realised. */
export interface Sums {
  n: number; e2: number; e02: number; fy: number; f2: number;
  /** Non-zero moves, those up, those with a non-zero forecast, those whose sign was right. */
  moved: number; up: number; called: number; hits: number;
  intervals: number; covered: number; intervalScore: number;
}

export const emptySums = (): Sums => ({ n: 0, e2: 0, e02: 0, fy: 0, f2: 0, moved: 0, up: 0, called: 0, hits: 0, intervals: 0, covered: 0, intervalScore: 0 });

export function addSums(to: Sums, from: Sums): void {
  to.n += from.n;
  to.e2 += from.e2;
  to.e02 += from.e02;
  to.fy += from.fy;
  to.f2 += from.f2;
  to.moved += from.moved;
  to.up += from.up;
  to.called += from.called;
  to.hits += from.hits;
  to.intervals += from.intervals;
  to.covered += from.covered;
  to.intervalScore += from.intervalScore;
}
