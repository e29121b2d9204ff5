/**
 * Configuration, resolved once. `foretick up` resolves options, lists everything wrong at once, and writes the result
 * beside the data; every service reads that file (named by FORETICK_CONFIG) and nothing else.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { RefusedError } from './errors.ts';
import { instrumentId } from '../streams/instrument.ts';
import { MAX_SCORES_BYTES, scoresBytes } from '../streams/messages/score.ts';
import { parseWith, timestamp } from '../streams/parse.ts';

const name = z.string().regex(/^[a-z0-9][a-z0-9-]{0,31}$/, 'lower-case letters, digits and dashes, at most 32');

/** Inference keeps the frames of the longest horizon in memory. */
export const MAX_HORIZON_STEPS = 3_600;

const binanceSchema = z.object({ kind: z.literal('binance'), market: z.enum(['spot', 'usdm']), streamUrl: z.url(), symbols: z.array(z.string()).min(1).max(500) });
export type BinanceConfig = z.infer<typeof binanceSchema>;

export const sourceSchema = z.discriminatedUnion('kind', [
  binanceSchema,
  /** Live venues, one of each market, as one feed in the order of arrival. */
  z.object({ kind: z.literal('merged'), venues: z.array(binanceSchema).min(2).max(2) }),
  z.object({ kind: z.literal('recording'), paths: z.array(z.string()).min(1).max(1_000) }),
  z.object({
    kind: z.literal('simulator'), seed: z.int().nonnegative(), symbols: z.int().min(1).max(500),
    /** null: it never ends. */
    minutes: z.number().positive().nullable(),
    /** false: a pure random walk, nothing to predict. */
    predictable: z.boolean(),
  }),
]);
export type SourceConfig = z.infer<typeof sourceSchema>;

/** The venues of a live source; none of any other. */
export const liveVenues = (source: SourceConfig): readonly BinanceConfig[] => (source.kind === 'merged' ? source.venues : source.kind === 'binance' ? [source] : []);

const universeSchema = z.object({
  name,
  instruments: z.array(instrumentId).min(1).max(500),
  stepMs: z.int().min(100).max(60_000).multipleOf(100),
  horizonsMs: z.array(z.int().positive()).min(1).max(8),
  leaders: z.array(instrumentId).max(4),
}).superRefine(({ instruments, stepMs, horizonsMs, leaders }, context) => {
  horizonsMs.forEach((h, i) => {
    if (h > MAX_HORIZON_STEPS * stepMs) context.addIssue({ code: 'custom', path: ['horizonsMs', i], message: `more than ${MAX_HORIZON_STEPS} steps of ${stepMs} ms` });
    if (h % stepMs !== 0) context.addIssue({ code: 'custom', path: ['horizonsMs', i], message: `not a multiple of the step, ${stepMs} ms` });
  });
  const bytes = scoresBytes([...instruments, '*'], horizonsMs.length);
  if (bytes > MAX_SCORES_BYTES) context.addIssue({ code: 'custom', path: ['horizonsMs'], message: `scores of ${instruments.length} instruments and ${horizonsMs.length} horizons take up to ${bytes} bytes, and a message has ${MAX_SCORES_BYTES} for them: take fewer of either` });
  leaders.forEach((leader, i) => {
    if (!instruments.includes(leader)) context.addIssue({ code: 'custom', path: ['leaders', i], message: 'not an instrument of the universe' });
  });
});
export type UniverseConfig = z.infer<typeof universeSchema>;

/** Until there could be several, a file had one `universe`. */
const withUniverses = (value: unknown): unknown => {
  if (typeof value !== 'object' || value === null || !('universe' in value) || 'universes' in value) return value;
  const { universe, ...rest } = value;
  return { ...rest, universes: [universe] };
};

export const MAX_UNIVERSES = 64;
export const MAX_WORKERS = 64;

export const configSchema = z.preprocess(withUniverses, z.object({
  v: z.literal(1),
  dataDir: z.string().min(1),
  nats: z.object({
    /** One address, or those of a cluster's nodes, comma-separated. */
    url: z.string().min(1),
    /** A file, or a folder with one for each service (streams/edge/credentials.ts); null for servers without accounts. */
    credentialsFile: z.string().nullable(),
    /** Files: the authority that signed the server's certificate, and a certificate and key of our own. */
    tls: z.object({ caFile: z.string().optional(), certFile: z.string().optional(), keyFile: z.string().optional() }).optional(),
    /** Copies of each stream and bucket in a cluster. */
    replicas: z.int().min(1).max(5).optional(),
    /** The server that foretick starts: `always` = nothing is acknowledged before it is on the disk. */
    sync: z.enum(['default', 'always']).optional(),
  }),
  feed: z.object({
    name,
    source: sourceSchema,
    /** What `up` found in a recording, which it reads whole at each start: the source doesn't do it again whenever it is restarted. */
    contents: z.object({ instruments: z.array(instrumentId).min(1).max(500), span: z.object({ fromTs: timestamp, toTs: timestamp }) }).optional(),
    /** Virtual time: a recording or a seeded simulation, whose results don't depend on the wall clock. */
    virtual: z.boolean(),
    /** Known time per wall time; null = as fast as it goes. Live feeds ignore it. */
    speed: z.number().positive().nullable(),
    /** Virtual only: known time before this is replayed at full speed whatever `speed` says, µs. */
    fastUntil: timestamp.nullable(),
  }),
  /** An instrument is in one of them: what is newest of it has one subject. */
  universes: z.array(universeSchema).min(1).max(MAX_UNIVERSES),
  /** Processes that share the universes; 0: features, inference and outcomes of the one universe are a process each. */
  workers: z.int().min(0).max(MAX_WORKERS).default(0),
  training: z.object({
    /** Virtual: training ends at the first frame at or after this, µs, and inference waits there. Live: null. */
    untilTs: timestamp.nullable(),
    /** Live: the first model is trained when this much history is there. */
    minMinutes: z.number().positive(),
    /** Serve the best candidate even where none beats the zero forecast: for experiments. */
    ungated: z.boolean(),
  }),
  store: z.object({ url: z.string().min(1) }),
  /** The online store. `memory:` is the gateway's own; `redis://…` is kept at the newest by latest, and read by gateways and other systems. */
  cache: z.object({ url: z.string().min(1) }).default({ url: 'memory:' }),
  gateway: z.object({ host: z.string(), port: z.int().min(0).max(65_535), tokenFile: z.string() }),
}).superRefine(({ universes, workers }, context) => {
  const twice = (what: string, found: readonly string[]): void =>
    new Set(found.filter((text, i) => found.indexOf(text) !== i)).forEach((text) => context.addIssue({ code: 'custom', path: ['universes'], message: `${what} ${text} twice` }));
  twice('the universe', universes.map((universe) => universe.name));
  if (workers === 0 && universes.length > 1) context.addIssue({ code: 'custom', path: ['workers'], message: `${universes.length} universes need at least one worker` });
  twice('the instrument', universes.flatMap(({ instruments }) => instruments));
}));
export type Config = z.infer<typeof configSchema>;

/** What a worker must know, also one on another machine: no paths, no secrets. */
export const workPlanSchema = z.object({
  v: z.literal(1),
  feed: z.object({ name, virtual: z.boolean() }),
  universes: z.array(universeSchema).min(1).max(MAX_UNIVERSES),
  /** 0: it has a process for each service, and nothing to share. */
  workers: z.int().min(0).max(MAX_WORKERS),
  training: z.object({ untilTs: timestamp.nullable() }),
});
export type WorkPlan = z.infer<typeof workPlanSchema>;

export const configPath = (dataDir: string): string => join(dataDir, 'config.json');

/** Throws RefusedError listing what is wrong with the file. */
export function loadConfig(path: string | undefined): Config {
  if (path === undefined) throw new RefusedError('FORETICK_CONFIG is not set', 'Services are started by `foretick up`; to run one alone, set FORETICK_CONFIG=<data folder>/config.json.');
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    throw new RefusedError(`${path}: cannot be read`, 'Start with `./foretick up`, which writes it.', { cause: error });
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new RefusedError(`${path}: not JSON`, 'Delete it and run `./foretick up` again.', { cause: error });
  }
  return parseWith(configSchema, value, path);
}
