/** A prediction message: one a frame and role, written before any of its outcomes is known, never changed. */
import { z } from 'zod';
import { decodeJson, encodeJson, parseWith, refuseOtherLengths, timestamp } from '../parse.ts';
import { instrumentId } from '../instrument.ts';
import { MAX_HORIZONS, MAX_SYMBOLS } from './bounds.ts';
import { quickPrediction } from './quickColumns.ts';

const column = z.array(z.number().nullable()).max(MAX_SYMBOLS);

export const horizonPredictionSchema = z.object({
  horizonMs: z.int().positive(),
  /** Expected ln(mid(T+h)/mid(T)), basis points, one a symbol; null where no forecast could be made. */
  retBps: column,
  /** A 90 % interval of the realised return. */
  loBps: column,
  hiBps: column,
  /** P(realised return > 0). */
  pUp: column,
});

export const predictionSchema = z.object({
  v: z.literal(1),
  universe: z.string().max(64),
  frameTs: timestamp,
  /** Wall clock, µs. Outside every digest. */
  madeAt: timestamp,
  /** Made after the next frame was due (live only): scored apart. */
  late: z.boolean(),
  role: z.enum(['champion', 'challenger']),
  /** Model version, or null: no model yet. */
  model: z.string().max(128).nullable(),
  schema: z.string().max(64),
  symbols: z.array(instrumentId).max(MAX_SYMBOLS),
  refPrice: column,
  flags: z.array(z.int().nonnegative()).max(MAX_SYMBOLS),
  horizons: z.array(horizonPredictionSchema).max(MAX_HORIZONS),
}).superRefine(({ symbols, refPrice, flags, horizons }, context) => {
  refuseOtherLengths(context, symbols.length, { refPrice, flags });
  horizons.forEach(({ horizonMs: _, ...columns }, i) => refuseOtherLengths(context, symbols.length, columns, ['horizons', i]));
});
export type Prediction = Readonly<z.infer<typeof predictionSchema>>;
export type HorizonPrediction = Readonly<z.infer<typeof horizonPredictionSchema>>;

export const encodePrediction = (prediction: Prediction): Uint8Array => encodeJson(prediction);
export function parsePrediction(bytes: Uint8Array): Prediction {
  const value = decodeJson(bytes, 'prediction');
  return quickPrediction(value) ?? parseWith(predictionSchema, value, 'prediction');
}
