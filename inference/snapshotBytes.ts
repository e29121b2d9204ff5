/**
 * The fold's state as bytes: a line of JSON, then float64 in this machine's order. Equal states give equal bytes.
 *
 * After the line: for each calibrated horizon the windows of every symbol, then for each remembered frame its mids, its
 * scales, and the forecasts of each of its horizons. NaN stands for null. What is read back is checked as a whole
 * (SHA-256) and in its lengths: anything else than what was written is null, never a state.
 */
import { createHash } from 'node:crypto';
import { z } from 'zod';
import { WINDOW } from '../quant/calibration.ts';
import { MAX_HORIZONS } from '../streams/messages/bounds.ts';
import { decodeJson, encodeJson, timestamp } from '../streams/parse.ts';
import type { FoldState } from './fold.ts';

export interface Snapshot {
  /** Of whom and of what code: a snapshot of anything else is foreign. */
  readonly key: string;
  /** It stands behind this prediction. */
  readonly predictionSeq: number;
  /** Of the prediction's bytes: it belongs to this very journal, not to one like it. */
  readonly predictionSha256: string;
  readonly state: FoldState;
}

const NEWLINE = 10;
const sha256 = z.string().length(64);
const horizons = z.array(z.int().positive()).max(MAX_HORIZONS);
const model = z.string().max(128);
const headSchema = z.object({
  key: sha256, predictionSeq: z.int().positive(), predictionSha256: sha256,
  model: model.nullable(), calibrated: horizons, remembered: z.array(z.object({ ts: timestamp, model, horizons })), numbersSha256: sha256,
});

export const sha256Of = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

export function encodeSnapshot({ key, predictionSeq, predictionSha256, state }: Snapshot): Uint8Array {
  const columns: ArrayLike<number | null>[] = [
    ...state.calibrated.flatMap(({ windows }) => windows),
    ...state.remembered.flatMap(({ frame, horizons }) => [frame.mid, frame.scaleBps, ...horizons.map(({ retBps }) => retBps)]),
  ];
  const numbers = new Float64Array(columns.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const column of columns) {
    if (column instanceof Float64Array) numbers.set(column, at);
    else for (let i = 0; i < column.length; i++) numbers[at + i] = column[i] ?? NaN;
    at += column.length;
  }
  const body = new Uint8Array(numbers.buffer);
  const head: z.infer<typeof headSchema> = {
    key, predictionSeq, predictionSha256, model: state.model, calibrated: state.calibrated.map(({ horizonMs }) => horizonMs),
    remembered: state.remembered.map(({ frame: { ts }, model, horizons }) => ({ ts, model, horizons: horizons.map(({ horizonMs }) => horizonMs) })), numbersSha256: sha256Of(body),
  };
  return Buffer.concat([encodeJson(head), Buffer.from([NEWLINE]), body]);
}

/** null: foreign, damaged, or not a snapshot at all. */
export function decodeSnapshot(bytes: Uint8Array, key: string, symbols: number): Snapshot | null {
  const head = headOf(bytes);
  const body = bytes.slice(bytes.indexOf(NEWLINE) + 1);
  if (head === null || head.key !== key || sha256Of(body) !== head.numbersSha256) return null;
  const columnsOf = head.remembered.reduce((sum, { horizons }) => sum + 2 + horizons.length, 0);
  if (body.length !== Float64Array.BYTES_PER_ELEMENT * symbols * (head.calibrated.length * WINDOW + columnsOf)) return null;
  const numbers = new Float64Array(body.buffer);
  let at = 0;
  const take = (length: number): Float64Array => numbers.subarray(at, (at += length));
  const known = (column: Float64Array): (number | null)[] => Array.from(column, (value) => (Number.isNaN(value) ? null : value));
  const calibrated = head.calibrated.map((horizonMs) => ({ horizonMs, windows: Array.from({ length: symbols }, () => take(WINDOW)) }));
  const remembered = head.remembered.map(({ ts, model, horizons }) => ({
    frame: { ts, mid: known(take(symbols)), scaleBps: [...take(symbols)] }, model, horizons: horizons.map((horizonMs) => ({ horizonMs, retBps: known(take(symbols)) })),
  }));
  return { ...head, state: { model: head.model, calibrated, remembered } };
}

function headOf(bytes: Uint8Array): z.infer<typeof headSchema> | null {
  const cut = bytes.indexOf(NEWLINE);
  if (cut < 0) return null;
  try {
    return headSchema.safeParse(decodeJson(bytes.subarray(0, cut), 'snapshot')).data ?? null;
  } catch {
    return null; // RefusedError: not JSON, too long, or nested too deeply
  }
}
