/**
 * Parts of objects that belong to none. The client stores an object's parts under a new name and says then, in one message, that
 * they are the object; who is killed in between leaves parts that nobody would ever remove, and a full bucket refuses every put.
 */
import { Objm } from '@nats-io/obj';
import type { Connection } from './connect.ts';

/** Of all parts in the bucket; removes those that no object names and that got nothing new for `olderThanMs`: a younger one may be a put under way. */
export async function removeOrphans({ js, jsm }: Connection, bucket: string, olderThanMs: number): Promise<number> {
  const stream = `OBJ_${bucket}`;
  const parts = `$O.${bucket}.C.`;
  // Parts first, objects after: a put that ends in between is named by then.
  const { state, ts } = await jsm.streams.info(stream, { subjects_filter: `${parts}>` });
  const named = new Set((await (await new Objm(js).open(bucket)).list()).map(({ nuid }) => parts + nuid));
  let removed = 0;
  for (const subject of Object.keys(state.subjects ?? {}).filter((part) => !named.has(part))) {
    const last = await jsm.streams.getMessage(stream, { last_by_subj: subject });
    // Both times are the server's. Without one, nothing is known to be old.
    if (last === null || !(Date.parse(ts ?? '') - Date.parse(last.timestamp) >= olderThanMs)) continue;
    await jsm.streams.purge(stream, { filter: subject });
    removed += 1;
  }
  return removed;
}
