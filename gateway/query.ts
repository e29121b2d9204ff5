/** The parameters of REST queries: text from outside, parsed and bounded once. */
import { z } from 'zod';
import { instrumentId } from '../streams/instrument.ts';
import { INTERVAL } from '../streams/interval.ts';
import { ApiRefusal } from './refusal.ts';

export const MAX_LIMIT = 10_000;
const DEFAULT_LIMIT = 1_000;
/** An address and its headers hold 16 kB in all. */
const MAX_LIST_CHARS = 12_000;

/** A decimal integer as text. Anything else is left as it is, for the schema to refuse. */
const integer = <T extends z.ZodType<number>>(schema: T) => z.preprocess((value) => (typeof value === 'string' && /^-?\d{1,16}$/.test(value) ? Number(value) : value), schema);

export const universeParam = z.string().max(64).optional().describe('A universe; the first one served when it is left out.');
export const instrumentParam = instrumentId.describe('`<venue>.<symbol>`, as in /symbols.');
export const instrumentsParam = z.string().min(1).max(MAX_LIST_CHARS).optional().describe('Instruments, `<venue>.<symbol>`, with commas between; every one of the universe when it is left out.');
export const fromParam = integer(z.int().nonnegative()).optional().describe('Earliest time, µs since the epoch, inclusive; not after `to`. Default: the beginning.');
export const toParam = integer(z.int().nonnegative()).optional().describe('Latest time, µs since the epoch, inclusive. Default: the newest.');
export const limitParam = integer(z.int().min(1).max(MAX_LIMIT)).optional().describe(`How many, counted from the newest; 1 to ${MAX_LIMIT}, default ${DEFAULT_LIMIT}.`);
export const horizonParam = integer(z.int().positive()).describe('Milliseconds; one of the universe\'s horizons.');

/** Text here, so that it can be described; routes.ts reads it. */
export const intervalParam = z.string().regex(INTERVAL, 'a number and a unit: 1s, 1m, 5m, 1h, 1d').describe('Length of a bar. 1s and 1m are recorded; an import may bring others, such as 5m.');

export interface Range { readonly from: number; readonly to: number; readonly limit: number }

export function rangeOf(query: { from?: number | undefined; to?: number | undefined; limit?: number | undefined }): Range {
  const range = { from: query.from ?? 0, to: query.to ?? Number.MAX_SAFE_INTEGER, limit: query.limit ?? DEFAULT_LIMIT };
  if (range.from > range.to) throw new ApiRefusal(400, `from (${range.from}) is after to (${range.to})`, 'Times are microseconds since the epoch, both inclusive.');
  return range;
}

/** Parses a query string's parameters. Unknown ones are refused too: a misspelt `limit` must not be ignored in silence. */
export function parseQuery<T>(schema: z.ZodType<T>, query: unknown): T {
  const result = schema.safeParse(query);
  if (result.success) return result.data;
  const problems = result.error.issues.slice(0, 3).map((issue) => `${issue.path.join('.') || 'query'}: ${issue.message}`);
  throw new ApiRefusal(400, problems.join('; ').slice(0, 500), 'GET /api/openapi.json lists the parameters of each path.');
}
