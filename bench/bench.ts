/**
 * What a bench is, and how figures come about.
 *
 * 1. Two things that are compared run in turn within one process tree (A B B A …): what else the machine does meets both.
 * 2. A ratio is the median of the rounds' own ratios; its spread is the least and the greatest of them.
 * 3. Not so a tail (p99): a round has too few samples for one, so it is taken over the samples of all rounds together, on both sides. Its
 *    spread is that of the rounds' own tails, which are little more than their greatest samples.
 * 4. What must hold each time is judged by the worst time, not by the median.
 * 5. What can't be had on this machine (a server, a package) is a row that says so, never a missing row.
 */
export interface Target { readonly of: 'ratio' | 'value'; readonly atLeast?: number; readonly atMost?: number }

export interface Row {
  readonly name: string;
  readonly value: number | null;
  readonly unit: string;
  /** What stands beside it; empty where there is nothing to compare with. */
  readonly beside: string;
  readonly besideValue: number | null;
  /** value ÷ besideValue. */
  readonly ratio: number | null;
  /** Least and greatest of the rounds' ratios, or of their values where there is no ratio. */
  readonly spread: readonly [number, number] | null;
  readonly target: Target | null;
  /** In plain words: what this figure doesn't contain, or why there is none. */
  readonly note: string;
}

export interface BenchContext {
  /** A few seconds in all: proves that the bench works, not what the figure is. */
  readonly quick: boolean;
  say(text: string): void;
  /** Rows that are done: they stay, whatever becomes of the rest. */
  keep(rows: readonly Row[]): void;
}

export interface Bench {
  readonly name: string;
  readonly about: string;
  readonly leavesOut: string;
  run(context: BenchContext): Promise<Row[]>;
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

/** Nearest rank. */
export const quantile = (values: readonly number[], q: number): number => values.toSorted((a, b) => a - b)[Math.min(values.length - 1, Math.floor(q * values.length))]!;

export interface Pairs { readonly ours: number[]; readonly beside: number[] }

/** Runs both in every round, and changes who begins. */
export async function inTurn(rounds: number, ours: () => Promise<number> | number, beside: () => Promise<number> | number): Promise<Pairs> {
  const pairs: Pairs = { ours: [], beside: [] };
  for (let round = 0; round < rounds; round++) {
    if (round % 2 === 0) pairs.ours.push(await ours());
    pairs.beside.push(await beside());
    if (round % 2 === 1) pairs.ours.push(await ours());
  }
  return pairs;
}

export function compared(pairs: Pairs, row: Pick<Row, 'name' | 'unit' | 'beside' | 'target' | 'note'>): Row {
  const ratios = pairs.ours.map((value, i) => value / pairs.beside[i]!);
  return { ...row, value: median(pairs.ours), besideValue: median(pairs.beside), ratio: median(ratios), spread: [Math.min(...ratios), Math.max(...ratios)] };
}

export function alone(values: readonly number[], row: Pick<Row, 'name' | 'unit' | 'target' | 'note'>): Row {
  return { ...row, beside: '', besideValue: null, ratio: null, value: median(values), spread: [Math.min(...values), Math.max(...values)] };
}

/** Samples of each round: see 3. */
export function tail(q: number, ours: readonly (readonly number[])[], beside: readonly (readonly number[])[], row: Pick<Row, 'name' | 'unit' | 'beside' | 'target' | 'note'>): Row {
  const ratios = ours.map((round, i) => quantile(round, q) / quantile(beside[i]!, q));
  const [value, besideValue] = [quantile(ours.flat(), q), quantile(beside.flat(), q)];
  return { ...row, value, besideValue, ratio: value / besideValue, spread: [Math.min(...ratios), Math.max(...ratios)] };
}

/** See 4. More is worse. */
export const atWorst = (values: readonly number[], row: Pick<Row, 'name' | 'unit' | 'target' | 'note'>): Row => ({ ...alone(values, row), value: Math.max(...values) });

export function missing(row: Pick<Row, 'name' | 'unit' | 'beside' | 'target'>, why: string): Row {
  return { ...row, value: null, besideValue: null, ratio: null, spread: null, note: `not measured: ${why}` };
}

/** null: nothing was asked of it, or it couldn't be measured. */
export function isMet({ target, ratio, value }: Pick<Row, 'target' | 'ratio' | 'value'>): boolean | null {
  const figure = target?.of === 'ratio' ? ratio : value;
  if (target === null || figure === null) return null;
  return figure >= (target.atLeast ?? Number.NEGATIVE_INFINITY) && figure <= (target.atMost ?? Number.POSITIVE_INFINITY);
}
