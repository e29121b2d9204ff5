/** A model's card: what stands beside its ONNX file, and what must hold before it is loaded. */
import { z } from 'zod';
import { decodeJson, encodeJson, parseWith, timestamp } from '../streams/parse.ts';

const maybe = z.number().nullable();

const cardSchema = z.object({
  v: z.literal(1),
  /** `<family>-<first 12 of sha256>`: equal data give an equal name. */
  model: z.string().regex(/^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$/),
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
  universe: z.string().max(64),
  /** Names of the input columns, in order. The frame must have each of them; it may have more. */
  features: z.array(z.string().max(64)).min(1).max(256),
  /** Schema hash of the frames that it was trained on. */
  schema: z.string().max(64),
  /** The ONNX contract: input `X` float32 [N, features]; output `ret_bps` float32 [N, horizons], expected return in bps. */
  horizons: z.array(z.object({
    horizonMs: z.int().positive(),
    family: z.enum(['microprice', 'ridge', 'lightgbm', 'zero', 'other']),
    /**
     * Quantiles 0.5 %, 1.5 %, …, 99.5 % (100 of them) of (realised − predicted)/scale on held-out rows: where intervals
     * and pUp begin before live outcomes are there. Empty: unknown.
     */
    residualQuantiles: z.array(z.number()).max(100),
  })).min(1).max(8),
  /** The feature, bps, by which residuals and intervals are scaled; its floor, bps. */
  scaleFeature: z.string().max(64),
  scaleFloorBps: z.number().positive(),
  trained: z.object({
    fromTs: timestamp, toTs: timestamp, rows: z.int().nonnegative(), frames: z.int().nonnegative(), symbols: z.array(z.string()).max(500),
  }),
  /** Walk-forward results, one an evaluated family and horizon. */
  metrics: z.array(z.object({
    family: z.string(), horizonMs: z.int(), skill: maybe, ic: maybe, rows: z.int(), folds: z.int(), chosen: z.boolean(),
  })).max(64),
  versions: z.record(z.string(), z.string()),
});
export type ModelCard = Readonly<z.infer<typeof cardSchema>>;

export const encodeCard = (card: ModelCard): Uint8Array => encodeJson(card);
export const parseCard = (bytes: Uint8Array): ModelCard => parseWith(cardSchema, decodeJson(bytes, 'model card'), 'model card');
