/** Parsing at the edge: bytes from outside become a typed message, or a RefusedError with the field's path. */
import { z } from 'zod';
import { RefusedError } from '../runtime/errors.ts';

/** No message of ours is larger: 500 symbols × 64 float32 features in base64 is 171 kB. */
export const MAX_MESSAGE_BYTES = 1_000_000;

const decoder = new TextDecoder('utf-8', { fatal: true });
const encoder = new TextEncoder();

export const encodeJson = (value: unknown): Uint8Array => encoder.encode(JSON.stringify(value));

/** Decodes JSON bytes. Throws RefusedError on oversize, bad UTF-8 or bad JSON. */
export function decodeJson(bytes: Uint8Array, what: string): unknown {
  if (bytes.length > MAX_MESSAGE_BYTES) throw new RefusedError(`${what}: ${bytes.length} bytes, at most ${MAX_MESSAGE_BYTES} are read`);
  try {
    return JSON.parse(decoder.decode(bytes));
  } catch (error) {
    throw new RefusedError(`${what}: not JSON`, '', { cause: error });
  }
}

/** Validates a decoded value. Unknown fields are dropped; a wrong or missing one is refused with its path. */
export function parseWith<T>(schema: z.ZodType<T>, value: unknown, what: string): T {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const problems = result.error.issues.slice(0, 3).map((issue) => `${issue.path.join('.') || '(root)'}: ${issue.message}`);
  throw new RefusedError(`${what}: ${problems.join('; ')}`);
}

/** Microseconds since the epoch. Bounded to the years 1970 to 2255, where integers are exact. */
export const timestamp = z.int().nonnegative();
