/** REST over the login cookie of this page. Every answer is parsed; every failure says what it means for the reader. */
import { z } from 'zod';
import { apiError, bar, healthInfo, judgedPrediction, modelsInfo, scoresInfo, universeInfo } from '../../../sdk/api.ts';
import type { Bar, HealthInfo, JudgedPrediction, ModelsInfo, ScoresInfo, UniverseInfo } from '../../../sdk/api.ts';

/** login: the cookie is missing or expired. away: no answer, try again. refused: the gateway says why. */
export type FailureKind = 'login' | 'away' | 'refused';
export class RequestFailure extends Error {
  readonly kind: FailureKind;
  readonly hint: string;
  constructor(kind: FailureKind, message: string, hint: string) {
    super(message);
    this.name = 'RequestFailure';
    this.kind = kind;
    this.hint = hint;
  }
}

const TIMEOUT_MS = 15_000;
export type Fetch = (path: string, init: { signal: AbortSignal; headers: Record<string, string> }) => Promise<Response>;
export interface PredictionQuery { universe: string; instrument: string; horizonMs: number; from?: number; limit: number }

export interface Rest {
  universes(signal: AbortSignal): Promise<UniverseInfo[]>;
  bars(instrument: string, interval: '1s' | '1m', from: number, limit: number, signal: AbortSignal): Promise<Bar[]>;
  predictions(query: PredictionQuery, signal: AbortSignal): Promise<JudgedPrediction[]>;
  scores(universe: string, signal: AbortSignal): Promise<ScoresInfo>;
  models(universe: string, signal: AbortSignal): Promise<ModelsInfo>;
  health(signal: AbortSignal): Promise<HealthInfo>;
}

export function createRest(fetcher: Fetch): Rest {
  const get = async <T>(path: string, query: Record<string, string | number | undefined>, schema: z.ZodType<T>, signal: AbortSignal): Promise<T> => {
    const search = new URLSearchParams(Object.entries(query).flatMap(([key, value]) => (value === undefined ? [] : [[key, String(value)]])));
    const response = await send(fetcher, `/api/v1/${path}${search.size > 0 ? `?${search}` : ''}`, signal);
    const result = schema.safeParse(await response.json().catch(() => undefined));
    if (!result.success) throw new RequestFailure('refused', `/${path}: the answer is not what this page expects`, 'The page may be older than the gateway: reload it.');
    return result.data;
  };
  return {
    universes: (signal) => get('universes', {}, z.array(universeInfo), signal),
    bars: (instrument, interval, from, limit, signal) => get('bars', { instrument, interval, from, limit }, z.array(bar), signal),
    predictions: (query, signal) => get('predictions', { ...query }, z.array(judgedPrediction), signal),
    scores: (universe, signal) => get('scores', { universe }, scoresInfo, signal),
    models: (universe, signal) => get('models', { universe }, modelsInfo, signal),
    health: (signal) => get('health', {}, healthInfo, signal),
  };
}

async function send(fetcher: Fetch, path: string, signal: AbortSignal): Promise<Response> {
  let response: Response;
  try {
    response = await fetcher(path, { signal: AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MS)]), headers: { accept: 'application/json' } });
  } catch (error) {
    if (signal.aborted) throw error;
    throw new RequestFailure('away', 'The gateway does not answer', 'Is `foretick up` still running? This page tries again by itself.');
  }
  if (response.ok) return response;
  if (response.status === 401) throw new RequestFailure('login', 'Not logged in', 'Open the login link that `foretick up` printed.');
  const body = apiError.safeParse(await response.json().catch(() => undefined));
  const kind = response.status === 429 || response.status >= 500 ? 'away' : 'refused';
  throw new RequestFailure(kind, body.success ? body.data.error : `The gateway answered ${response.status}`, body.success ? body.data.hint : '');
}
