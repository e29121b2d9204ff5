/**
 * Purged walk-forward splits in known time (López de Prado 2018, ch. 7; expanding window).
 *
 *  1. A fold trains on the past of what it tests. Folds test consecutive spans of equal length, oldest first.
 *  2. Purge: a training label ends (T + horizon) before the fold's first test frame, less an embargo.
 *  3. Boundaries are times, not rows, so all symbols of a frame fall on the same side.
 */
export interface Fold {
  /** Train on frames whose label ends at or before this, µs. */
  readonly trainLabelsUntil: number;
  /** Test on frames of [testFrom, testTo), µs. */
  readonly testFrom: number;
  readonly testTo: number;
}

/** Share of the frames that the first fold trains on. */
const FIRST_TRAIN_SHARE = 0.4;

/** `frameTs`: the distinct frame times that have samples, ascending. Boundaries count frames, so that nights and gaps don't make empty folds. */
export function walkForward(frameTs: Float64Array, options: { readonly folds: number; readonly embargoMs: number }): Fold[] {
  const n = frameTs.length;
  const first = Math.floor(n * FIRST_TRAIN_SHARE);
  const boundary = (k: number): number => (k === options.folds ? Infinity : frameTs[first + Math.floor(((n - first) * k) / options.folds)]!);
  if (n - first < options.folds || first === 0) return [];
  return Array.from({ length: options.folds }, (_, k) => ({
    trainLabelsUntil: boundary(k) - options.embargoMs * 1_000, testFrom: boundary(k), testTo: boundary(k + 1),
  }));
}

/** Positions of the fold's training and test samples. `ts` are the samples' frame times, ascending. */
export function split(ts: Float64Array, horizonMs: number, fold: Fold): { train: Int32Array; test: Int32Array } {
  const train: number[] = [];
  const test: number[] = [];
  for (let i = 0; i < ts.length; i++) {
    if (ts[i]! + horizonMs * 1_000 <= fold.trainLabelsUntil) train.push(i);
    else if (ts[i]! >= fold.testFrom && ts[i]! < fold.testTo) test.push(i);
  }
  return { train: Int32Array.from(train), test: Int32Array.from(test) };
}
