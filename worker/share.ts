/** Who should hold how many, and which to claim first. Pure. */

/** Sorts by age; a wrong clock only makes it older or younger than it is. `uuid`: a random one. */
export const workerId = (startedUs: number, uuid: string): string => `${String(startedUs).padStart(16, '0')}-${uuid}`;
export const workerKey = (id: string): string => `worker.${id}`;
export const universeKey = (name: string): string => `universe.${name}`;

/**
 * How many universes are this worker's: an equal part, and one of those left over for each of the oldest workers. So the
 * parts add up to all, nobody stands idle beside one with two (a part that is only rounded up lets two of three have all
 * four), who goes takes nothing from those who stay, and who comes takes no more than its part.
 */
export function partOf(id: string, universes: number, keys: ReadonlySet<string>): number {
  const workers = [...new Set([...keys].filter((key) => key.startsWith(workerKey('')))).add(workerKey(id))].sort();
  const left = universes % workers.length;
  return Math.floor(universes / workers.length) + (workers.indexOf(workerKey(id)) < left ? 1 : 0);
}

/**
 * What to claim and what to give back, by the keys that stand. `held` in the order of claiming: the newest go first. Workers begin at different places, so that they rarely want the same one.
 */
export function decide(id: string, universes: readonly string[], held: readonly string[], keys: ReadonlySet<string>): { readonly claim: readonly string[]; readonly release: readonly string[] } {
  const part = partOf(id, universes.length, keys);
  const offset = Number.parseInt(id.slice(-8), 16) % universes.length;
  const rotated = universes.map((_, i) => universes[(i + offset) % universes.length]!);
  return {
    claim: rotated.filter((name) => !keys.has(universeKey(name)) && !held.includes(name)).slice(0, Math.max(0, part - held.length)),
    release: held.slice(part),
  };
}
