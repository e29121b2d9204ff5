/**
 * The gateway's contract: every REST answer and WebSocket message, declared once. The gateway validates against it and
 * publishes it as OpenAPI; the typed client, the dashboard and other languages read it.
 *
 * REST, under /api/v1, bearer token or login cookie; times are µs in and out; lists are oldest first:
 *   GET /universes                                   → UniverseInfo[]
 *   GET /symbols?universe=                           → SymbolInfo[]
 *   GET /ticks?instrument&from&to&limit              → Tick[]
 *   GET /bars?instrument&interval=1s|1m|5m…&from&to&limit → Bar[]
 *   GET /frames/latest?universe=                     → LatestFrame
 *   GET /online?universe=&instruments=               → Online
 *   GET /predictions?universe&instrument&horizonMs&from&to&limit → JudgedPrediction[]
 *   GET /scores?universe=                            → Scores
 *   GET /models?universe=                            → Models
 *   GET /health                                      → HealthInfo
 * WebSocket /api/v1/stream: ClientMessage in, ServerMessage out.
 */
import { z } from 'zod';
import { latestPredictionSchema, latestPriceSchema, latestScoreSchema } from '../streams/messages/latest.ts';
import { scoreSchema } from '../streams/messages/score.ts';
import { modelEventSchema } from '../streams/messages/model.ts';

const maybe = z.number().nullable();

export const universeInfo = z.object({
  name: z.string(),
  feed: z.string(),
  /** live, recording or simulated: shown wherever its prices are shown. */
  market: z.enum(['live', 'recording', 'simulated']),
  /** One line for people: where the ticks come from. */
  title: z.string(),
  instruments: z.array(z.string()),
  stepMs: z.number(),
  horizonsMs: z.array(z.number()),
});
export const symbolInfo = z.object({ instrument: z.string(), venue: z.string(), symbol: z.string(), universe: z.string(), price: latestPriceSchema.nullable() });
export const tick = z.object({
  seq: z.number(), type: z.enum(['trade', 'quote']), tsEvent: z.number(), tsInit: z.number(),
  price: z.number().optional(), size: z.number().optional(), side: z.enum(['buy', 'sell']).optional(), id: z.string().optional(),
  bid: z.number().optional(), bidSize: z.number().optional(), ask: z.number().optional(), askSize: z.number().optional(),
});
export const bar = z.object({ ts: z.number(), open: z.number(), high: z.number(), low: z.number(), close: z.number(), volume: z.number(), trades: z.number() });
export const latestFrame = z.object({
  ts: z.number(), schema: z.string(), features: z.array(z.string()),
  rows: z.array(z.object({ instrument: z.string(), mid: maybe, flags: z.array(z.string()), values: z.array(maybe) })),
});
export const onlineInfo = z.object({
  universe: z.string(),
  /** memory: the gateway's own map; redis: the shared cache; streams: that is away, and the gateway answers from what it reads itself. */
  from: z.enum(['memory', 'redis', 'streams']),
  /** When the cache was last written; null when nobody has for two minutes (what it held has expired), or it wasn't asked. */
  writtenAt: z.number().nullable(),
  /** In words, what is missing and why; empty when nothing is. */
  detail: z.string(),
  instruments: z.array(z.object({
    instrument: z.string(), price: latestPriceSchema.nullable(), prediction: latestPredictionSchema.nullable(), score: latestScoreSchema.nullable(),
    frame: z.object({ ts: z.number(), schema: z.string(), mid: maybe, flags: z.array(z.string()), features: z.record(z.string(), maybe) }).nullable(),
  })),
});
export const judgedPrediction = z.object({
  frameTs: z.number(), horizonMs: z.number(), role: z.string(), model: z.string(), late: z.boolean(), refPrice: maybe,
  retBps: maybe, loBps: maybe, hiBps: maybe, pUp: maybe, /** null until it matures. */ realisedBps: maybe,
});
export const scoresInfo = z.object({ frameTs: z.number().nullable(), scores: z.array(scoreSchema) });
export const modelsInfo = z.object({
  champion: z.string().nullable(),
  events: z.array(modelEventSchema),
  /** The champion's card, as registered; null before the first model. */
  card: z.unknown().nullable(),
});
export const serviceHealth = z.object({
  service: z.string(), state: z.enum(['starting', 'waiting', 'running', 'draining', 'lost']), detail: z.string(), cursors: z.record(z.string(), z.number()), counts: z.record(z.string(), z.number()).optional(), pid: z.number(),
  /** Seconds since its last report. */
  ageSeconds: z.number(),
});
export const healthInfo = z.object({ ok: z.boolean(), version: z.string(), services: z.array(serviceHealth) });
/** Every refusal has this body, with the HTTP status that fits. */
export const apiError = z.object({ error: z.string(), hint: z.string() });

export type UniverseInfo = z.infer<typeof universeInfo>;
export type SymbolInfo = z.infer<typeof symbolInfo>;
export type Tick = z.infer<typeof tick>;
export type Bar = z.infer<typeof bar>;
export type LatestFrame = z.infer<typeof latestFrame>;
export type OnlineInfo = z.infer<typeof onlineInfo>;
export type JudgedPrediction = z.infer<typeof judgedPrediction>;
export type ScoresInfo = z.infer<typeof scoresInfo>;
export type ModelsInfo = z.infer<typeof modelsInfo>;
export type HealthInfo = z.infer<typeof healthInfo>;

/** At most 600 instruments a connection. `['*']` is all. Subscribing again replaces the set. */
export const clientMessage = z.discriminatedUnion('type', [
  z.object({ type: z.literal('subscribe'), instruments: z.array(z.string().max(130)).max(600) }),
  z.object({ type: z.literal('ping') }),
]);
const instrument = z.string();
export const serverMessage = z.discriminatedUnion('type', [
  /** Sent once after each subscribe: what is known now of every subscribed instrument. */
  z.object({
    type: z.literal('snapshot'),
    instruments: z.array(z.object({ instrument, price: latestPriceSchema.nullable(), prediction: latestPredictionSchema.nullable(), score: latestScoreSchema.nullable() })),
  }),
  z.object({ type: z.literal('price'), instrument, value: latestPriceSchema }),
  z.object({ type: z.literal('prediction'), instrument, value: latestPredictionSchema }),
  z.object({ type: z.literal('score'), instrument, value: latestScoreSchema }),
  /** When it changes, at most once a second. */
  z.object({ type: z.literal('health'), value: healthInfo }),
  z.object({ type: z.literal('pong') }),
  z.object({ type: z.literal('refused'), error: z.string() }),
]);
export type ClientMessage = z.infer<typeof clientMessage>;
export type ServerMessage = z.infer<typeof serverMessage>;
