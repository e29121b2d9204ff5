/** The feature schema of a universe: which columns its frames have, and the hash that names them. */
import { CODE_VERSION, catalogue } from '../features/catalogue.ts';
import type { FeatureDefinition } from '../features/definition.ts';

export interface FeatureSchema { readonly features: readonly FeatureDefinition[]; readonly hash: string }

export function featureSchema(stepMs: number): FeatureSchema {
  const features = catalogue(stepMs);
  const text = [CODE_VERSION, stepMs, ...features.map((feature) => `${feature.name}:${feature.unit}:${feature.slots}`)].join('|');
  return { features, hash: fnv1a64(text) };
}

/** FNV-1a, 64 bit (Fowler, Noll, Vo), as 16 hex digits. Names a schema; protects nothing. */
function fnv1a64(text: string): string {
  let hash = 0xcbf29ce484222325n;
  for (let i = 0; i < text.length; i++) hash = BigInt.asUintN(64, (hash ^ BigInt(text.charCodeAt(i))) * 0x100000001b3n);
  return hash.toString(16).padStart(16, '0');
}
