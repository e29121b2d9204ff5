/** LATEST: the newest price, prediction and score of each instrument, one message a subject. For readers, never an input. */
import { z } from 'zod';
import { decodeJson, encodeJson, parseWith, timestamp } from '../parse.ts';
import { quickLatestPrediction } from './quickColumns.ts';
import { scoreSchema } from './score.ts';

const maybe = z.number().nullable();

export const latestPriceSchema = z.object({
  v: z.literal(1), ts: timestamp, mid: maybe, bid: maybe, ask: maybe, bidSize: maybe, askSize: maybe, last: maybe,
});
export const latestPredictionSchema = z.object({
  v: z.literal(1), frameTs: timestamp, madeAt: timestamp, late: z.boolean(), model: z.string().nullable(), refPrice: maybe, flags: z.int().nonnegative(),
  horizons: z.array(z.object({ horizonMs: z.int().positive(), retBps: maybe, loBps: maybe, hiBps: maybe, pUp: maybe })),
});
export const latestScoreSchema = z.object({ v: z.literal(1), frameTs: timestamp, scores: z.array(scoreSchema) });

export type LatestPrice = Readonly<z.infer<typeof latestPriceSchema>>;
export type LatestPrediction = Readonly<z.infer<typeof latestPredictionSchema>>;
export type LatestScore = Readonly<z.infer<typeof latestScoreSchema>>;

export const encodeLatest = (value: LatestPrice | LatestPrediction | LatestScore): Uint8Array => encodeJson(value);
export const parseLatestPrice = (bytes: Uint8Array): LatestPrice => parseWith(latestPriceSchema, decodeJson(bytes, 'latest price'), 'latest price');
export function parseLatestPrediction(bytes: Uint8Array): LatestPrediction {
  const value = decodeJson(bytes, 'latest prediction');
  return quickLatestPrediction(value) ?? parseWith(latestPredictionSchema, value, 'latest prediction');
}
export const parseLatestScore = (bytes: Uint8Array): LatestScore => parseWith(latestScoreSchema, decodeJson(bytes, 'latest score'), 'latest score');
