/** A frame as one JSON text an instrument, its features by name: what the cache holds. Pure. */
import { z } from 'zod';
import type { InstrumentId } from '../streams/instrument.ts';
import { decodeRows, type Frame } from '../streams/messages/frame.ts';
import { decodeJson, parseWith, timestamp } from '../streams/parse.ts';

const maybe = z.number().nullable();
const frameRowSchema = z.object({
  v: z.literal(1), ts: timestamp, schema: z.string(), mid: maybe, flags: z.int().nonnegative(), features: z.record(z.string(), maybe),
});
export type FrameRow = Readonly<z.infer<typeof frameRowSchema>>;

/** `names` in the order of the columns. NaN, not known, becomes null. Nothing when the frame has other columns. */
export function frameRows(frame: Frame, names: readonly string[]): { instrument: InstrumentId; row: FrameRow }[] {
  const rows = decodeRows(frame.rows);
  if (rows.length !== frame.symbols.length * names.length) return [];
  return frame.symbols.map((instrument, i) => {
    const features = Object.fromEntries(names.map((name, j) => {
      const value = rows[i * names.length + j]!;
      return [name, Number.isFinite(value) ? value : null];
    }));
    return { instrument, row: { v: 1, ts: frame.ts, schema: frame.schema, mid: frame.mid[i] ?? null, flags: frame.flags[i] ?? 0, features } };
  });
}

/** Throws RefusedError. */
export const parseFrameRow = (bytes: Uint8Array): FrameRow => parseWith(frameRowSchema, decodeJson(bytes, 'cached row'), 'cached row');
