/**
 * Who may do what on NATS, as data: what each service publishes, hears and reads, and the server's permissions that follow.
 *
 * 1. Nothing is allowed that isn't named. Each service hears answers on an inbox of its own.
 * 2. Services read streams with consumers of their own making, but only `cli` makes, changes and deletes streams.
 * 3. No consumer acknowledges, so nobody may publish to $JS.ACK.
 *
 * What permissions can't say: whoever may make a consumer may also name the subject that it delivers to. So they keep mistakes
 * and stolen read access out of other services' streams; they don't make a service that was taken over harmless.
 */
import { ALIASES, BUCKET, FEATURES, LATEST, LEASES, MODELS, OUTCOMES, PREDICTIONS, RUN, ticksStream } from './streams.ts';

export interface Grant {
  /** Subjects of its messages. */
  readonly publishes: readonly string[];
  /** Streams. */
  readonly reads: readonly string[];
  /** Subjects heard as they pass, stored or not. */
  readonly hears?: readonly string[];
  readonly objects?: { readonly reads?: readonly string[]; readonly writes?: readonly string[] };
  /** Key-value buckets that it writes. */
  readonly keys?: readonly string[];
}

/** `up` and the other commands: everything. */
export const ADMIN = 'cli';

const { models, snapshots } = BUCKET;

/** Of the services that follow these feeds. */
export function grants(feeds: readonly string[]): Readonly<Record<string, Grant>> {
  const ticks = feeds.map(ticksStream);
  return {
    source: { publishes: feeds.flatMap((feed) => [`ticks.${feed}.>`, `clock.${feed}`, `status.${feed}`]), reads: ticks },
    features: { publishes: ['features.*'], reads: [...ticks, FEATURES], objects: { writes: [snapshots] } },
    inference: { publishes: ['predictions.>'], reads: [FEATURES, PREDICTIONS, MODELS], objects: { reads: [models], writes: [snapshots] } },
    outcomes: { publishes: ['outcomes.*', 'scores.*'], reads: [FEATURES, PREDICTIONS, OUTCOMES], objects: { writes: [snapshots] } },
    recorder: { publishes: [], reads: [...ticks, PREDICTIONS, OUTCOMES, MODELS] },
    trainer: { publishes: ['models.*'], reads: [FEATURES, MODELS], objects: { writes: [models] }, keys: [ALIASES] },
    latest: { publishes: ['latest.>'], reads: [...ticks, FEATURES, PREDICTIONS, OUTCOMES, LATEST] },
    gateway: { publishes: [], reads: [FEATURES, MODELS, LATEST], hears: ['health.*'], objects: { reads: [models] } },
    /** Features, inference and outcomes in one process, for the universes whose leases it has. Each worker has a name of its own in its health. */
    worker: {
      publishes: ['features.*', 'predictions.>', 'outcomes.*', 'scores.*', 'health.*'],
      reads: [...ticks, FEATURES, PREDICTIONS, OUTCOMES, MODELS, `KV_${RUN}`, `KV_${LEASES}`], objects: { reads: [models], writes: [snapshots] }, keys: [LEASES],
    },
  };
}

export const inboxPrefix = (service: string): string => `_INBOX.${service}`;

export interface Permissions { readonly publish: readonly string[]; readonly subscribe: readonly string[] }

export function permissionsOf(service: string, grant: Grant): Permissions {
  const { objects = {}, keys = [] } = grant;
  const buckets = [...(objects.reads ?? []), ...(objects.writes ?? [])].map((bucket) => `OBJ_${bucket}`);
  return {
    publish: [
      ...grant.publishes, `health.${service}`,
      ...grant.reads.flatMap(readsStream),
      ...buckets.flatMap((stream) => [...readsStream(stream), `$JS.FC.${stream}.>`]),
      ...(objects.writes ?? []).flatMap((bucket) => [`$O.${bucket}.C.>`, `$O.${bucket}.M.>`, `$JS.API.STREAM.PURGE.OBJ_${bucket}`]),
      ...keys.flatMap((bucket) => [`$JS.API.STREAM.INFO.KV_${bucket}`, `$KV.${bucket}.>`]),
      // A lease is given up by removing it, up to the revision that its holder wrote (edge/leases.ts).
      ...keys.filter((bucket) => bucket === LEASES).map((bucket) => `$JS.API.STREAM.PURGE.KV_${bucket}`),
    ],
    subscribe: [`${inboxPrefix(service)}.>`, ...(grant.hears ?? [])],
  };
}

const readsStream = (stream: string): string[] => [
  `$JS.API.STREAM.INFO.${stream}`, `$JS.API.STREAM.MSG.GET.${stream}`,
  `$JS.API.CONSUMER.CREATE.${stream}`, `$JS.API.CONSUMER.CREATE.${stream}.>`,
  ...['INFO', 'DELETE', 'MSG.NEXT'].map((what) => `$JS.API.CONSUMER.${what}.${stream}.*`),
];
