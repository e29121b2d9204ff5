/**
 * The cache: the newest values of a universe for systems that don't speak NATS, as JSON texts by key.
 *
 * 1. It holds copies. Nothing here reads it back as an input, so it may be lost, emptied or old at any time.
 * 2. Every value expires: what its writer no longer refreshes goes by itself.
 * 3. Bounded: a universe has at most four values an instrument (price, prediction, score, feature row) and one heartbeat.
 * 4. A RetryError means that nothing is certain: some of the values may be stored. Writing them again does no harm.
 */
import type { InstrumentId } from '../streams/instrument.ts';
import { MAX_SYMBOLS } from '../streams/messages/bounds.ts';
import type { LatestKind } from '../streams/subjects.ts';

export interface CacheEntry { readonly key: string; readonly value: string }
export interface Cache {
  /** Throws RetryError, in words for people, while the cache is away or refuses. */
  set(entries: readonly CacheEntry[], ttlMs: number): Promise<void>;
  /** null where there is no such key, or it has expired. Throws RetryError as `set` does. */
  get(keys: readonly string[]): Promise<(string | null)[]>;
  close(): Promise<void>;
}

/** Values of one universe at most. */
export const MAX_ENTRIES = MAX_SYMBOLS * 4 + 1;

/** The text of the LATEST message of that subject, as it is. */
export const latestKey = (universe: string, kind: LatestKind, instrument: InstrumentId): string => `foretick:${universe}:latest:${kind}:${instrument}`;
/** The newest frame's row of the instrument: {v, ts, schema, mid, flags, features: {name: number or null}}. */
export const frameKey = (universe: string, instrument: InstrumentId): string => `foretick:${universe}:frame:${instrument}`;
/** {v, round, at}: there for as long as somebody writes the others. */
export const onlineKey = (universe: string): string => `foretick:${universe}:online`;
