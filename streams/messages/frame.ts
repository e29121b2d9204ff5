/** A frame: the feature rows of every instrument of a universe at one step of the grid. */
import { z } from 'zod';
import { decodeJson, encodeJson, parseWith, refuseOtherLengths, timestamp } from '../parse.ts';
import { instrumentId } from '../instrument.ts';
import { MAX_SYMBOLS } from './bounds.ts';
import { quickFrame } from './quickColumns.ts';

/** Quality of an instrument's row, as bits. */
export const FLAG = {
  /** No tick of this instrument within STALE_AFTER. */
  stale: 1,
  /** Known time jumped by more than 10 s, or the source reported missing messages. */
  gap: 2,
  /** Some features lack the history that they need. */
  warmingUp: 4,
  /** No quote was seen yet; mid is the last trade (or null). */
  noQuote: 8,
  /** The source reported that it is disconnected. */
  disconnected: 16,
} as const;
export type FlagName = keyof typeof FLAG;
export const flagNames = (bits: number): FlagName[] => (Object.keys(FLAG) as FlagName[]).filter((name) => (bits & FLAG[name]) !== 0);

const perSymbol = <T extends z.ZodType>(item: T) => z.array(item).max(MAX_SYMBOLS);

export const frameSchema = z.object({
  v: z.literal(1),
  universe: z.string().max(64),
  /** Grid time T, µs: this frame holds what stands in the feed before the first message with tsInit ≥ T. */
  ts: timestamp,
  /** Hash of the feature names, order, parameters and code version. */
  schema: z.string().max(64),
  symbols: perSymbol(instrumentId),
  /** symbols × features, row-major little-endian float32, base64. NaN = not known. */
  rows: z.base64(),
  /** Mid price; the last trade without quotes; null when neither was seen. */
  mid: perSymbol(z.number().nullable()),
  flags: perSymbol(z.int().nonnegative()),
}).superRefine(({ symbols, rows, mid, flags }, context) => {
  refuseOtherLengths(context, symbols.length, { mid, flags });
  const bytes = Buffer.byteLength(rows, 'base64');
  if (bytes % Math.max(4, symbols.length * 4) !== 0) context.addIssue({ code: 'custom', path: ['rows'], message: `${bytes} bytes are not whole rows of float32 for ${symbols.length} symbols` });
});
export type Frame = Readonly<z.infer<typeof frameSchema>>;

export const encodeFrame = (frame: Frame): Uint8Array => encodeJson(frame);
export function parseFrame(bytes: Uint8Array): Frame {
  const value = decodeJson(bytes, 'frame');
  return quickFrame(value) ?? parseWith(frameSchema, value, 'frame');
}

export function encodeRows(rows: Float32Array): string {
  return Buffer.from(rows.buffer, rows.byteOffset, rows.byteLength).toString('base64');
}
/** A fresh Float32Array of symbols × features values. Throws nothing: lengths are checked by whoever knows the features. */
export function decodeRows(rows: string): Float32Array {
  const bytes = Buffer.from(rows, 'base64');
  const copy = new Uint8Array(bytes.length - (bytes.length % 4));
  copy.set(bytes.subarray(0, copy.length));
  return new Float32Array(copy.buffer);
}
