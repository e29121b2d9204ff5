/**
 * A typed client of the gateway for browsers and Node: REST with `fetch`, the stream in stream.ts. Answers are parsed with the contract's
 * schemas, so what it gives is what its types say. In a browser the login cookie speaks; elsewhere give a token.
 */
import { z } from 'zod';
import * as api from './api.ts';

export interface ClientOptions {
  /** `http://127.0.0.1:8765`; in a browser `location.origin`. */
  readonly baseUrl: string;
  /** Not needed in a browser that followed the login link. */
  readonly token?: string;
  readonly fetch?: typeof fetch;
}

/** A refusal by the gateway (its status and words), or status 0: it could not be reached. */
export class ApiFailure extends Error {
  readonly status: number;
  readonly hint: string;
  constructor(status: number, message: string, hint: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'ApiFailure';
    this.status = status;
    this.hint = hint;
  }
}

/** µs, inclusive; `limit` counts from the newest. */
export interface Range { readonly from?: number; readonly to?: number; readonly limit?: number }
type Query = Readonly<Record<'universe' | 'instrument' | 'instruments' | 'interval' | 'horizonMs' | keyof Range, string | number | undefined>>;

const TIMEOUT_MS = 30_000;

export interface Client {
  universes(): Promise<api.UniverseInfo[]>;
  symbols(universe?: string): Promise<api.SymbolInfo[]>;
  ticks(query: { instrument: string } & Range): Promise<api.Tick[]>;
  /** `interval`: 1s and 1m are recorded; an import may bring others, such as 5m. */
  bars(query: { instrument: string; interval: string } & Range): Promise<api.Bar[]>;
  latestFrame(universe?: string): Promise<api.LatestFrame>;
  /** The newest of each kind; of every instrument of the universe when none are named. */
  online(query?: { universe?: string; instruments?: readonly string[] }): Promise<api.OnlineInfo>;
  predictions(query: { universe?: string; instrument: string; horizonMs: number } & Range): Promise<api.JudgedPrediction[]>;
  scores(universe?: string): Promise<api.ScoresInfo>;
  models(universe?: string): Promise<api.ModelsInfo>;
  health(): Promise<api.HealthInfo>;
}

/** Every method throws ApiFailure when there is no answer. */
export function createClient(options: ClientOptions): Client {
  const ask = <T>(path: string, query: Partial<Query>, schema: z.ZodType<T>): Promise<T> => request(options, path, query, schema);
  return {
    universes: () => ask('/universes', {}, z.array(api.universeInfo)),
    symbols: (universe) => ask('/symbols', { universe }, z.array(api.symbolInfo)),
    ticks: (query) => ask('/ticks', query, z.array(api.tick)),
    bars: (query) => ask('/bars', query, z.array(api.bar)),
    latestFrame: (universe) => ask('/frames/latest', { universe }, api.latestFrame),
    online: ({ universe, instruments } = {}) => ask('/online', { universe, instruments: instruments?.join(',') }, api.onlineInfo),
    predictions: (query) => ask('/predictions', query, z.array(api.judgedPrediction)),
    scores: (universe) => ask('/scores', { universe }, api.scoresInfo),
    models: (universe) => ask('/models', { universe }, api.modelsInfo),
    health: () => ask('/health', {}, api.healthInfo),
  };
}

async function request<T>(options: ClientOptions, path: string, query: Partial<Query>, schema: z.ZodType<T>): Promise<T> {
  const url = new URL(`/api/v1${path}`, options.baseUrl);
  for (const [name, value] of Object.entries(query)) if (value !== undefined) url.searchParams.set(name, String(value));
  const headers: Record<string, string> = options.token === undefined ? {} : { authorization: `Bearer ${options.token}` };
  let response: Response;
  let body: unknown;
  try {
    response = await (options.fetch ?? fetch)(url, { headers, credentials: 'same-origin', signal: AbortSignal.timeout(TIMEOUT_MS) });
    body = await response.json();
  } catch (error) {
    throw new ApiFailure(0, 'the gateway does not answer', 'Is foretick running? `./foretick status` says.', { cause: error });
  }
  if (!response.ok) {
    const refusal = api.apiError.safeParse(body);
    throw new ApiFailure(response.status, refusal.data?.error ?? `status ${response.status}`, refusal.data?.hint ?? '');
  }
  const answer = schema.safeParse(body);
  if (answer.success) return answer.data;
  const issue = answer.error.issues[0];
  throw new ApiFailure(response.status, `${path}: ${issue?.path.join('.') ?? ''}: ${issue?.message ?? 'not understood'}`, 'The gateway and this client are of different versions; reload.');
}
