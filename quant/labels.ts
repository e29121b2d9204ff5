/**
 * Labels of training: ln(mid(T+h)/mid(T)) in bps, both mids from frames at exactly those times, else NaN. Pure.
 * The same definition as outcomes judge by (returns.ts); here over columns.
 */
import { logReturnBps } from './returns.ts';

/** `ts` ascending, µs; `mid` frames × symbols, NaN = not known. Gives frames × symbols. */
export function labelsBps(ts: Float64Array, mid: Float64Array, horizonMs: number): Float64Array {
  const symbols = ts.length === 0 ? 0 : mid.length / ts.length;
  const labels = new Float64Array(mid.length).fill(NaN);
  const horizonUs = horizonMs * 1_000;
  for (let i = 0, j = 0; i < ts.length; i++) {
    while (j < ts.length && ts[j]! < ts[i]! + horizonUs) j++;
    if (j === ts.length) break;
    if (ts[j] !== ts[i]! + horizonUs) continue;
    for (let s = 0; s < symbols; s++) labels[i * symbols + s] = logReturnBps(mid[i * symbols + s]!, mid[j * symbols + s]!);
  }
  return labels;
}
