/** Scores: every 60 frames, how each model did against the naive zero forecast, per horizon and symbol. */
import { z } from 'zod';
import { decodeJson, encodeJson, parseWith, timestamp } from '../parse.ts';

const maybe = z.number().nullable();

/** A row without its names takes up to 393 bytes. */
const ROW_BYTES = 400;
/** A model's name as the registry takes it. */
export const MAX_MODEL_CHARS = 64;
/** What the rows of a message may take: it has a head beside them, and a megabyte in all. */
export const MAX_SCORES_BYTES = 990_000;

/** At most, for all horizons of these symbols. */
export const scoresBytes = (symbols: Iterable<string>, horizons: number): number => {
  let bytes = 0;
  for (const symbol of symbols) bytes += horizons * (ROW_BYTES + MAX_MODEL_CHARS + Buffer.byteLength(symbol));
  return bytes;
};

export const scoreSchema = z.object({
  model: z.string().max(128),
  role: z.enum(['champion', 'challenger']),
  horizonMs: z.int().positive(),
  /** An instrument id, or `*` for all of them pooled. */
  symbol: z.string().max(130),
  /** Matured predictions counted, made in time. */
  n: z.int().nonnegative(),
  /** Those made late (live only), left out of everything below. */
  late: z.int().nonnegative(),
  /** Independent blocks behind the bootstrap. */
  blocks: z.int().nonnegative(),
  /** Fewer blocks than are needed to judge: read no verdict from the numbers. */
  tooLittleData: z.boolean(),
  /** 1 − Σe²/Σe₀², e₀ the zero forecast's error; null when nothing moved. */
  skill: maybe,
  /** 95 % block-bootstrap interval of skill. */
  skillLo: maybe,
  skillHi: maybe,
  /** Sign agreement on non-zero moves, and the share of the commoner direction among them. */
  hitRate: maybe,
  baseRate: maybe,
  /** Share of zero moves. */
  zeroShare: maybe,
  /** Uncentred correlation Σfy/√(Σf²Σy²). */
  ic: maybe,
  /** Share inside the 90 % interval, and the mean interval score (Gneiting & Raftery 2007), bps, lower is better. */
  coverage: maybe,
  intervalScoreBps: maybe,
  /** Root mean squared error of the forecast and of the zero forecast, bps. */
  rmseBps: maybe,
  naiveRmseBps: maybe,
});
export const scoresSchema = z.object({
  v: z.literal(1),
  universe: z.string().max(64),
  frameTs: timestamp,
  scores: z.array(scoreSchema).max(50_000),
});
export type Score = Readonly<z.infer<typeof scoreSchema>>;
export type Scores = Readonly<z.infer<typeof scoresSchema>>;

export const encodeScores = (scores: Scores): Uint8Array => encodeJson(scores);
export const parseScores = (bytes: Uint8Array): Scores => parseWith(scoresSchema, decodeJson(bytes, 'scores'), 'scores');
