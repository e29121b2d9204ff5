/** What a caller of the API is told when it can't have what it asked for: a status, plain words, and what to do. */
import { ForetickError, messageOf, RefusedError, RetryError } from '../runtime/errors.ts';
import type { z } from 'zod';
import type { apiError } from '../sdk/api.ts';

export type ErrorBody = z.infer<typeof apiError>;

/** A refusal with its own status. Other errors get theirs from `toRefusal`. */
export class ApiRefusal extends RefusedError {
  readonly status: number;
  constructor(status: number, message: string, hint = '') {
    super(message, hint);
    this.status = status;
  }
  get body(): ErrorBody {
    return { error: this.message, hint: this.hint };
  }
}

/** `unexpected` is true when it is our fault, and worth a log line. */
export function toRefusal(error: unknown): { refusal: ApiRefusal; unexpected: boolean } {
  if (error instanceof ApiRefusal) return { refusal: error, unexpected: false };
  if (error instanceof RetryError) return { refusal: new ApiRefusal(503, error.message, error.hint || 'Try again in a few seconds.'), unexpected: false };
  if (error instanceof RefusedError) return { refusal: new ApiRefusal(400, error.message, error.hint), unexpected: false };
  const status = (error as { statusCode?: unknown } | null)?.statusCode;
  if (!(error instanceof ForetickError) && typeof status === 'number' && status >= 400 && status < 500) {
    return { refusal: new ApiRefusal(status, messageOf(error), HINTS[status] ?? 'GET /api/openapi.json says what can be asked.'), unexpected: false };
  }
  return { refusal: new ApiRefusal(500, 'something went wrong inside the gateway', 'It is in the log of the gateway (logs/gateway.log in the data folder).'), unexpected: true };
}

const HINTS: Readonly<Record<number, string>> = {
  413: 'A request body may hold at most 64 kB.',
  429: 'Too many attempts; wait a minute.',
};
