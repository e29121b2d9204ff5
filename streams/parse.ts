/** Parsing at the edge: bytes from outside become a typed message, or a RefusedError with the field's path. */
import { z } from 'zod';
import { RefusedError } from '../runtime/errors.ts';

/** No message of ours is larger: 500 symbols × 64 float32 features in base64 is 171 kB. */
export const MAX_MESSAGE_BYTES = 1_000_000;

/** Deepest nesting of arrays and objects in a message; ours have five. */
export const MAX_JSON_DEPTH = 32;
/** In fewer bytes nesting can't cost anything. */
const SHALLOW_BYTES = 512;

const decoder = new TextDecoder('utf-8', { fatal: true });
const encoder = new TextEncoder();

export const encodeJson = (value: unknown): Uint8Array => encoder.encode(JSON.stringify(value));

/** Decodes JSON bytes. Throws RefusedError on oversize, bad UTF-8, bad JSON, or nesting that takes longer to read than to refuse. */
export function decodeJson(bytes: Uint8Array, what: string): unknown {
  if (bytes.length > MAX_MESSAGE_BYTES) throw new RefusedError(`${what}: ${bytes.length} bytes, at most ${MAX_MESSAGE_BYTES} are read`);
  if (bytes.length > SHALLOW_BYTES && nestsDeeperThan(MAX_JSON_DEPTH, bytes)) throw new RefusedError(`${what}: nested more than ${MAX_JSON_DEPTH} deep`);
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

/** What one value of any kind may be inside a message that keeps it as it is. */
export const shallow = (depth: number) => (value: unknown): boolean => !isDeeperThan(depth, value);

function isDeeperThan(depth: number, value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return depth === 0 || Object.values(value).some((inner) => isDeeperThan(depth - 1, inner));
}

/** Columns of one message have one entry a symbol. */
export function refuseOtherLengths(context: z.RefinementCtx, expected: number, columns: Readonly<Record<string, readonly unknown[]>>, path: readonly (string | number)[] = []): void {
  for (const [name, column] of Object.entries(columns)) {
    if (column.length !== expected) context.addIssue({ code: 'custom', path: [...path, name], message: `${column.length} entries for ${expected} symbols` });
  }
}

const [QUOTE, ESCAPE, OPEN_LIST, CLOSE_LIST, OPEN_OBJECT, CLOSE_OBJECT] = [34, 92, 91, 93, 123, 125];

/** Linear. Nearly every message opens so few lists and objects that counting them settles it. Bytes that aren't JSON get any answer. */
function nestsDeeperThan(limit: number, message: Uint8Array): boolean {
  const bytes = Buffer.from(message.buffer, message.byteOffset, message.byteLength); // whose indexOf is many times as fast
  if (opensAtMost(limit, bytes)) return false;
  let depth = 0;
  for (let i = 0; i < bytes.length; i++) {
    const byte = bytes[i];
    if (byte === QUOTE) i = endOfString(bytes, i);
    else if (byte === OPEN_LIST || byte === OPEN_OBJECT) {
      if (++depth > limit) return true;
    } else if (byte === CLOSE_LIST || byte === CLOSE_OBJECT) depth--;
  }
  return false;
}

function opensAtMost(limit: number, bytes: Buffer): boolean {
  let opens = 0;
  for (const open of [OPEN_LIST, OPEN_OBJECT]) {
    for (let at = bytes.indexOf(open); at >= 0; at = bytes.indexOf(open, at + 1)) if (++opens > limit) return false;
  }
  return true;
}

/** Of the string that begins at `from`: its closing quote, or the last byte. */
function endOfString(bytes: Buffer, from: number): number {
  for (let end = bytes.indexOf(QUOTE, from + 1); end >= 0; end = bytes.indexOf(QUOTE, end + 1)) {
    let escapes = 0;
    while (bytes[end - 1 - escapes] === ESCAPE) escapes++;
    if (escapes % 2 === 0) return end;
  }
  return bytes.length;
}
