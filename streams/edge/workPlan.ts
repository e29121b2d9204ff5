/** The plan of the run, in the bucket RUN: a worker on another machine needs an address and nothing else. */
import { type KV, Kvm } from '@nats-io/kv';
import { type WorkPlan, workPlanSchema } from '../../runtime/config.ts';
import { RefusedError } from '../../runtime/errors.ts';
import { decodeJson, encodeJson, parseWith } from '../parse.ts';
import { RUN } from '../streams.ts';
import { type Connection, retryWhileAway } from './connect.ts';

const KEY = 'plan';
/** Read from the leader: no stale copy. */
export const openRunBucket = (connection: Connection, replicas = 1): Promise<KV> => retryWhileAway(() => new Kvm(connection.js).create(RUN, { history: 1, max_bytes: 10_000_000, allow_direct: false, replicas }));

/** No more of a configuration than a worker must know. */
export async function putWorkPlan(connection: Connection, { v, feed, universes, workers, training }: WorkPlan): Promise<void> {
  const plan: WorkPlan = { v, feed: { name: feed.name, virtual: feed.virtual }, universes, workers, training: { untilTs: training.untilTs } };
  const kv = await openRunBucket(connection);
  await retryWhileAway(() => kv.put(KEY, encodeJson(plan)));
}

export async function getWorkPlan(connection: Connection): Promise<WorkPlan> {
  const kv = await openRunBucket(connection);
  const entry = await retryWhileAway(() => kv.get(KEY));
  if (entry === null) throw new RefusedError('nothing was ever started on this NATS server', 'Start the pipeline with ./foretick up first.');
  return parseWith(workPlanSchema, decodeJson(entry.value, 'plan'), 'plan');
}
