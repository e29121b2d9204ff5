/** Who should hold how many, and which to claim first. Pure. */

export const workerKey = (id: string): string => `worker.${id}`;
export const universeKey = (name: string): string => `universe.${name}`;

/** A worker's fair share of what there is. */
export const fairShare = (universes: number, workers: number): number => Math.ceil(universes / Math.max(1, workers));

/**
 * What to claim and what to give back, by the keys that stand. `held` in the order of claiming: the newest go first. Workers begin at different places, so that they rarely want the same one.
 */
export function decide(universes: readonly string[], held: readonly string[], keys: ReadonlySet<string>, offset: number): { readonly claim: readonly string[]; readonly release: readonly string[] } {
  const workers = [...keys].filter((key) => key.startsWith('worker.')).length;
  const share = fairShare(universes.length, workers);
  const rotated = universes.map((_, i) => universes[(i + offset) % universes.length]!);
  return {
    claim: rotated.filter((name) => !keys.has(universeKey(name)) && !held.includes(name)).slice(0, Math.max(0, share - held.length)),
    release: held.slice(share),
  };
}
