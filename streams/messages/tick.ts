/** Ticks: what the venue said. A trade or a top-of-book quote of one instrument. */
import { z } from 'zod';
import { timestamp } from '../parse.ts';

/** Far above any market; sums and products of prices and sizes stay finite, also as float32. */
export const MAX_PRICE = 1e15;
export const MAX_SIZE = 1e15;
const price = z.number().positive().max(MAX_PRICE);
const size = z.number().nonnegative().max(MAX_SIZE);

export const tradeSchema = z.object({
  v: z.literal(1),
  type: z.literal('trade'),
  price,
  size: size.positive(),
  /** The aggressor's side, where the venue tells it. */
  side: z.enum(['buy', 'sell']).optional(),
  /** The venue's trade id. */
  id: z.string().max(64).optional(),
  /** The venue's time, µs. */
  tsEvent: timestamp,
  /** When this pipeline first saw the message, µs. */
  tsInit: timestamp,
});

export const quoteSchema = z.object({
  v: z.literal(1),
  type: z.literal('quote'),
  bid: price,
  bidSize: size,
  ask: price,
  askSize: size,
  tsEvent: timestamp,
  tsInit: timestamp,
});

export type Trade = Readonly<z.infer<typeof tradeSchema>> & { readonly instrument: string };
export type Quote = Readonly<z.infer<typeof quoteSchema>> & { readonly instrument: string };
