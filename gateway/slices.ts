/** Long lists, worked through without holding the loop: readers of the stream are told in between. */
import { setImmediate } from 'node:timers/promises';

/** 10,000 rows at once would take some 40 ms. */
const AT_ONCE = 500;

/** `rows.map(change)`, with the loop free after each `atOnce` rows: fewer where one is much work. */
export async function mapInSlices<T, R>(rows: readonly T[], change: (row: T, i: number) => R, atOnce = AT_ONCE): Promise<R[]> {
  const out: R[] = [];
  for (const [i, row] of rows.entries()) {
    out.push(change(row, i));
    if (i % atOnce === atOnce - 1) await setImmediate();
  }
  return out;
}

/** JSON.stringify(rows) in slices. */
export async function encodeInSlices(rows: readonly unknown[]): Promise<string> {
  const parts: string[] = [];
  for (let i = 0; i < rows.length; i += AT_ONCE) {
    if (i > 0) await setImmediate();
    parts.push(JSON.stringify(rows.slice(i, i + AT_ONCE)).slice(1, -1));
  }
  return `[${parts.join(',')}]`;
}
