/**
 * Leases: keys in a KV bucket that vanish unless their holder renews them. They keep order among those who want to work;
 * they are no fence: who lost one and doesn't know it yet is refused by the expected sequence of what it publishes.
 *
 * 1. A key is created if there is none, and renewed at the revision that its holder wrote last.
 * 2. Giving one up removes nothing newer than that revision: what somebody else holds by then stays.
 * 3. An answer that never came is no answer: the key is read back, and who stands there holds it.
 */
import { type KV, Kvm } from '@nats-io/kv';
import { LEASES } from '../streams.ts';
import { apiErrorCode, type Connection, retryWhileAway } from './connect.ts';

/** Unrenewed for this long, a lease is free, ms. */
export const LEASE_MS = 2_500;
const MAX_BYTES = 1_000_000;
/** The server's words for "not the revision you expect". */
const WRONG_REVISION = new Set([10_071, 10_164]);
const STREAM = `KV_${LEASES}`;
const PREFIX = `$KV.${LEASES}.`;

/** Read from the leader: no stale copy. */
export const openLeaseBucket = (connection: Connection, replicas = 1): Promise<KV> =>
  retryWhileAway(() => new Kvm(connection.js).create(LEASES, { history: 1, ttl: LEASE_MS, max_bytes: MAX_BYTES, allow_direct: false, replicas }));

export interface Leases {
  /** Of everybody, as they stand. */
  keys(): Promise<ReadonlySet<string>>;
  /** Claims it, or renews what is ours. False: somebody else holds it. Throws while the server is away. */
  hold(key: string): Promise<boolean>;
  /** Lets others have it at once, if it is still ours. */
  release(key: string): Promise<void>;
}

/** `holder`: a name that no other process ever has. */
export async function openLeases(connection: Connection, holder: string): Promise<Leases> {
  const kv = await openLeaseBucket(connection);
  const revisions = new Map<string, number>();
  /** The revision under which it is ours; null when it isn't. */
  const write = async (key: string): Promise<number | null> => {
    const revision = revisions.get(key);
    try {
      return await (revision === undefined ? kv.create(key, holder) : kv.update(key, holder, revision));
    } catch (error) {
      if (!WRONG_REVISION.has(apiErrorCode(error))) throw error;
    }
    const entry = await kv.get(key);
    if (entry !== null) return entry.string() === holder ? entry.revision : null;
    // It lapsed: the server's clock went on without us. Nobody has it, so it is claimed anew in the next round at the latest.
    revisions.delete(key);
    return revision === undefined ? null : write(key);
  };
  return {
    async keys() {
      const { state } = await connection.jsm.streams.info(STREAM, { subjects_filter: `${PREFIX}>` });
      return new Set(Object.keys(state.subjects ?? {}).map((subject) => subject.slice(PREFIX.length)));
    },
    async hold(key) {
      const revision = await write(key);
      if (revision === null) revisions.delete(key);
      else revisions.set(key, revision);
      return revision !== null;
    },
    async release(key) {
      const revision = revisions.get(key);
      revisions.delete(key);
      if (revision !== undefined) await connection.jsm.streams.purge(STREAM, { filter: `${PREFIX}${key}`, seq: revision + 1 });
    },
  };
}
