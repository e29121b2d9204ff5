/**
 * From sent to come, ms. A frame that never came whole, because a newer one took its place on the way, counts until the next one that
 * did: leaving it out would leave out the slow ones.
 */
export function latencies(frames: readonly number[], { sent, came }: { readonly sent: ReadonlyMap<number, number>; readonly came: ReadonlyMap<number, number> }): number[] {
  const took: number[] = [];
  let later = Number.POSITIVE_INFINITY;
  for (const ts of frames.toReversed()) {
    later = came.get(ts) ?? later;
    took.push(later - sent.get(ts)!);
  }
  return took.reverse();
}
