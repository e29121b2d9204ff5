/** Hands the one World to every component. */
import { createContext, useContext } from 'solid-js';
import type { World } from './world.ts';

export const WorldContext = createContext<World>();
export function useWorld(): World {
  const world = useContext(WorldContext);
  if (world === undefined) throw new Error('useWorld outside of its provider');
  return world;
}
