/**
 * What a digest of a run is made of: message bodies in stream order, without what depends on the wall clock. Two runs of
 * one recording have equal digests, whatever was killed meanwhile.
 */
import { decodeJson, encodeJson } from './parse.ts';

export type DigestKind = 'frames' | 'predictions' | 'outcomes';

/** Frames and outcomes are taken as they are; a prediction without its `madeAt`. */
export function digestBody(kind: DigestKind, body: Uint8Array): Uint8Array {
  if (kind !== 'predictions') return body;
  const prediction = decodeJson(body, 'prediction') as Record<string, unknown>;
  delete prediction['madeAt'];
  return encodeJson(prediction);
}
