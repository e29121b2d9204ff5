/** An outcome message: one a frame, with every prediction that matured at it. */
import { z } from 'zod';
import { decodeJson, encodeJson, parseWith, refuseOtherLengths, timestamp } from '../parse.ts';
import { instrumentId } from '../instrument.ts';
import { MAX_HORIZONS, MAX_SYMBOLS } from './bounds.ts';

const column = z.array(z.number().nullable()).max(MAX_SYMBOLS);

export const maturedSchema = z.object({
  horizonMs: z.int().positive(),
  /** Frame time of the prediction: frameTs − horizon. */
  predictedTs: timestamp,
  model: z.string().max(128),
  role: z.enum(['champion', 'challenger']),
  late: z.boolean(),
  /** ln(mid(T+h)/mid(T)), basis points. */
  realisedBps: column,
  /** The prediction, repeated so that a reader needs one message. */
  retBps: column,
  loBps: column,
  hiBps: column,
  pUp: column,
  /** realised − predicted. */
  errBps: column,
  /** 1 inside the interval, 0 outside, null unknown. */
  covered: column,
  /** realised − 0: the naive forecast's error. */
  naiveErrBps: column,
});

export const outcomeSchema = z.object({
  v: z.literal(1),
  universe: z.string().max(64),
  frameTs: timestamp,
  symbols: z.array(instrumentId).max(MAX_SYMBOLS),
  matured: z.array(maturedSchema).max(MAX_HORIZONS * 8),
}).superRefine(({ symbols, matured }, context) => {
  matured.forEach(({ realisedBps, retBps, loBps, hiBps, pUp, errBps, covered, naiveErrBps }, i) =>
    refuseOtherLengths(context, symbols.length, { realisedBps, retBps, loBps, hiBps, pUp, errBps, covered, naiveErrBps }, ['matured', i]));
});
export type Matured = Readonly<z.infer<typeof maturedSchema>>;
export type Outcome = Readonly<z.infer<typeof outcomeSchema>>;

export const encodeOutcome = (outcome: Outcome): Uint8Array => encodeJson(outcome);
export const parseOutcome = (bytes: Uint8Array): Outcome => parseWith(outcomeSchema, decodeJson(bytes, 'outcome'), 'outcome');
