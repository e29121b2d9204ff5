/** The universe that this page is about: the symbol's own, else the one named in the address, else the first. */
import { useLocation } from '@solidjs/router';
import type { Accessor } from 'solid-js';
import type { UniverseInfo } from '../../../sdk/api.ts';
import { useWorld } from '../data/context.ts';

/** Ids hold percent signs of their own, so the address encodes them once more. */
export const symbolHref = (instrument: string): string => `/symbol/${encodeURIComponent(instrument)}`;
export function instrumentOf(pathname: string): string | undefined {
  const match = /^\/symbol\/([^/]+)$/.exec(pathname);
  if (match?.[1] === undefined) return undefined;
  try {
    return decodeURIComponent(match[1]);
  } catch {
    return undefined; // a damaged address names no instrument
  }
}

export function useUniverse(): Accessor<UniverseInfo | undefined> {
  const world = useWorld();
  const location = useLocation();
  return () => {
    const universes = world.universes();
    const instrument = instrumentOf(location.pathname);
    const own = instrument === undefined ? undefined : universes?.find(({ instruments }) => instruments.includes(instrument));
    const named = new URLSearchParams(location.search).get('universe');
    return own ?? universes?.find(({ name }) => name === named) ?? universes?.[0];
  };
}
