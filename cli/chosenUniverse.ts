/** The universe that a command is about: the only one, or the one that was named. */
import type { Config, UniverseConfig } from '../runtime/config.ts';
import { RefusedError } from '../runtime/errors.ts';

export function chosenUniverse({ universes }: Config, name: string | undefined): UniverseConfig {
  const found = name === undefined && universes.length === 1 ? universes[0] : universes.find((universe) => universe.name === name);
  if (found !== undefined) return found;
  throw new RefusedError(name === undefined ? 'there are several universes here' : `there is no universe ${name} here`, `Name one of them with --universe: ${universes.map((universe) => universe.name).join(', ')}.`);
}
