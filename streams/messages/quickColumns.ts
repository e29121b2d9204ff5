/**
 * Frames and forecasts by hand, because each waits for them on its way from the closing tick to the screen: accepts and gives exactly what
 * the schemas in frame.ts, prediction.ts and latest.ts do (held to them by a property test), a third of the time. Anything unusual gives
 * null: the schema decides, and words the refusal.
 */
import { instrumentId } from '../instrument.ts';
import { MAX_HORIZONS, MAX_SYMBOLS } from './bounds.ts';
import type { Frame } from './frame.ts';
import type { LatestPrediction } from './latest.ts';
import type { HorizonPrediction, Prediction } from './prediction.ts';

type Fields<T> = { readonly [K in keyof T]?: unknown };

const isObject = (value: unknown): value is object => typeof value === 'object' && value !== null && !Array.isArray(value);
const isNatural = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;
const isText = (most: number, value: unknown): value is string => typeof value === 'string' && value.length <= most;
const isMaybe = (value: unknown): value is number | null => value === null || Number.isFinite(value);

function isEach<T>(is: (value: unknown) => value is T, values: unknown, length: number): values is T[] {
  if (!Array.isArray(values) || values.length !== length) return false;
  for (let i = 0; i < length; i++) if (!is(values[i])) return false;
  return true;
}

/** Universes are few and messages many. */
const known = new Set<string>();
const MAX_KNOWN = 10_000;
function isInstrument(value: unknown): value is string {
  if (known.has(value as string)) return true;
  if (!instrumentId.safeParse(value).success) return false;
  if (known.size >= MAX_KNOWN) known.clear();
  known.add(value as string);
  return true;
}
const isSymbols = (values: unknown): values is string[] => Array.isArray(values) && values.length <= MAX_SYMBOLS && isEach(isInstrument, values, values.length);

/** As an encoder writes it: written back it is the same. */
function isRows(value: unknown, symbols: number): value is string {
  if (typeof value !== 'string') return false;
  const bytes = Buffer.from(value, 'base64');
  return bytes.length % Math.max(4, symbols * 4) === 0 && bytes.toString('base64') === value;
}

export function quickFrame(value: unknown): Frame | null {
  if (!isObject(value)) return null;
  const { v, universe, ts, schema, symbols, rows, mid, flags } = value as Fields<Frame>;
  if (v !== 1 || !isText(64, universe) || !isNatural(ts) || !isText(64, schema) || !isSymbols(symbols)) return null;
  const n = symbols.length;
  if (!isRows(rows, n) || !isEach(isMaybe, mid, n) || !isEach(isNatural, flags, n)) return null;
  return { v, universe, ts, schema, symbols, rows, mid, flags };
}

export function quickPrediction(value: unknown): Prediction | null {
  if (!isObject(value)) return null;
  const { v, universe, frameTs, madeAt, late, role, model, schema, symbols, refPrice, flags, horizons } = value as Fields<Prediction>;
  if (v !== 1 || !isText(64, universe) || !isNatural(frameTs) || !isNatural(madeAt) || typeof late !== 'boolean') return null;
  if ((role !== 'champion' && role !== 'challenger') || (model !== null && !isText(128, model)) || !isText(64, schema) || !isSymbols(symbols)) return null;
  const n = symbols.length;
  if (!isEach(isMaybe, refPrice, n) || !isEach(isNatural, flags, n) || !Array.isArray(horizons) || horizons.length > MAX_HORIZONS) return null;
  const read: HorizonPrediction[] = [];
  for (const each of horizons as unknown[]) {
    const horizon = quickHorizon(each, n);
    if (horizon === null) return null;
    read.push(horizon);
  }
  return { v, universe, frameTs, madeAt, late, role, model, schema, symbols, refPrice, flags, horizons: read };
}

function quickHorizon(value: unknown, n: number): HorizonPrediction | null {
  if (!isObject(value)) return null;
  const { horizonMs, retBps, loBps, hiBps, pUp } = value as Fields<HorizonPrediction>;
  if (!isNatural(horizonMs) || horizonMs === 0 || !isEach(isMaybe, retBps, n) || !isEach(isMaybe, loBps, n) || !isEach(isMaybe, hiBps, n) || !isEach(isMaybe, pUp, n)) return null;
  return { horizonMs, retBps, loBps, hiBps, pUp };
}

export function quickLatestPrediction(value: unknown): LatestPrediction | null {
  if (!isObject(value)) return null;
  const { v, frameTs, madeAt, late, model, refPrice, flags, horizons } = value as Fields<LatestPrediction>;
  if (v !== 1 || !isNatural(frameTs) || !isNatural(madeAt) || typeof late !== 'boolean' || (model !== null && typeof model !== 'string')) return null;
  if (!isMaybe(refPrice) || !isNatural(flags) || !Array.isArray(horizons)) return null;
  const read: LatestPrediction['horizons'] = [];
  for (const each of horizons as unknown[]) {
    if (!isObject(each)) return null;
    const { horizonMs, retBps, loBps, hiBps, pUp } = each as Fields<LatestPrediction['horizons'][number]>;
    if (!isNatural(horizonMs) || horizonMs === 0 || !isMaybe(retBps) || !isMaybe(loBps) || !isMaybe(hiBps) || !isMaybe(pUp)) return null;
    read.push({ horizonMs, retBps, loBps, hiBps, pUp });
  }
  return { v, frameTs, madeAt, late, model, refPrice, flags, horizons: read };
}
