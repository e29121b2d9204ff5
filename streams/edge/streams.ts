/** Creates or updates the streams that streams/streams.ts declares, and the buckets. */
import { DiscardPolicy, RetentionPolicy, StorageType } from '@nats-io/jetstream';
import { BUCKET_STREAMS, BUCKET, type StreamSpec } from '../streams.ts';
import { openAliases } from './aliases.ts';
import { apiErrorCode, type Connection, retryWhileAway } from './connect.ts';
import { openLeaseBucket } from './leases.ts';
import { openBucket } from './natsJournal.ts';
import { removeOrphans } from './orphans.ts';
import { openRunBucket } from './workPlan.ts';

const STREAM_NOT_FOUND = 10_059;
const HOUR_NS = 3_600_000_000_000;
/** Another process of the same server may be in the middle of a put; the longest, 30 MB over a slow link, takes a minute. */
const ORPHAN_MS = 10 * 60_000;

export async function ensureStreams(connection: Connection, specs: readonly StreamSpec[], replicas = 1): Promise<void> {
  for (const spec of specs) {
    const config = {
      name: spec.name, subjects: [...spec.subjects], retention: RetentionPolicy.Limits, storage: StorageType.File, discard: DiscardPolicy.Old,
      max_bytes: spec.maxBytes, max_age: spec.maxAgeHours * HOUR_NS, max_msgs_per_subject: spec.maxMsgsPerSubject, max_msg_size: spec.maxMsgSize,
      num_replicas: replicas, allow_direct: true,
    };
    await retryWhileAway(async () => {
      try {
        await connection.jsm.streams.info(spec.name);
      } catch (error) {
        if (apiErrorCode(error) !== STREAM_NOT_FOUND) throw error;
        return connection.jsm.streams.add(config);
      }
      return connection.jsm.streams.update(spec.name, config);
    });
  }
}

export async function ensureBuckets(connection: Connection, replicas = 1, orphanMs = ORPHAN_MS): Promise<void> {
  for (const bucket of Object.values(BUCKET)) {
    await retryWhileAway(() => openBucket(connection.js, bucket, replicas, connection.log));
    const removed = await retryWhileAway(() => removeOrphans(connection, bucket, orphanMs));
    if (removed > 0) connection.log.info({ bucket, removed }, 'removed parts of objects that were never finished');
  }
  await openAliases(connection, replicas);
  await openLeaseBucket(connection, replicas);
  await openRunBucket(connection, replicas);
  for (const name of BUCKET_STREAMS) {
    const { config } = await retryWhileAway(() => connection.jsm.streams.info(name));
    if (config.num_replicas !== replicas) await retryWhileAway(() => connection.jsm.streams.update(name, { ...config, num_replicas: replicas }));
  }
}

/** As it is now; asked once, so it throws while the server is away. */
export async function streamSize(connection: Connection, stream: string): Promise<{ readonly lastSeq: number; readonly bytes: number }> {
  const { state } = await connection.jsm.streams.info(stream);
  return { lastSeq: state.last_seq, bytes: state.bytes };
}
