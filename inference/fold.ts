/**
 * Inference as a fold: its state is what the last frames and predictions left behind, so a restart takes it from a snapshot
 * and what came after, or from the journal alone (foldFrames of each), and goes on with the same numbers either way. Pure;
 * the model's raw forecasts are an argument.
 *
 * For each frame, in this order: mature(frame) → forecast(frame, …) → remember(frame, prediction).
 */
import { createCalibration, type Calibration, WINDOW } from '../quant/calibration.ts';
import { logReturnBps } from '../quant/returns.ts';
import type { HorizonPrediction } from '../streams/messages/prediction.ts';

/** Frames that a rebuild has to replay: the calibration window, and the longest horizon before it. */
export const foldFrames = (horizonsMs: readonly number[], stepMs: number): number => WINDOW + Math.max(...horizonsMs) / stepMs + 1;

/** What the fold needs of a frame. One entry a symbol; NaN = not known. */
export interface FoldFrame { readonly ts: number; readonly mid: readonly (number | null)[]; readonly scaleBps: readonly number[] }
export interface ModelPrior { readonly model: string; readonly horizons: readonly { readonly horizonMs: number; readonly residualQuantiles: readonly number[] }[] }

type Forecast = Pick<HorizonPrediction, 'horizonMs' | 'retBps'>;
export interface Remembered { readonly frame: FoldFrame; readonly model: string; readonly horizons: readonly Forecast[] }

/** All that it goes on from. */
export interface FoldState {
  readonly model: string | null;
  /** The model's horizons; `windows` one a symbol, as calibrations give them. */
  readonly calibrated: readonly { readonly horizonMs: number; readonly windows: readonly Float64Array[] }[];
  /** Rising in time: predictions of whichever model that may still mature. */
  readonly remembered: readonly Remembered[];
}

const round = (value: number, digits: number): number => {
  const rounded = Math.round(value * digits) / digits;
  return rounded === 0 ? 0 : rounded;
};
/** Basis points are kept to a millionth, probabilities to a ten-thousandth: more is noise and bytes. */
const bps = (value: number): number => round(value, 1e6);

export function createFold(symbols: number, horizonsMs: readonly number[]) {
  const longestUs = Math.max(...horizonsMs) * 1_000;
  const memory = new Map<number, Remembered>();
  let model: string | null = null;
  let calibrations = new Map<number, Calibration[]>();

  return {
    model: () => model,
    /** A new model begins with the residuals on its card. */
    use(prior: ModelPrior | null): void {
      model = prior?.model ?? null;
      calibrations = new Map(prior?.horizons.map(({ horizonMs, residualQuantiles }) =>
        [horizonMs, Array.from({ length: symbols }, () => createCalibration(residualQuantiles))]));
    },
    /** Takes in the residuals of the model's own predictions that this frame matures. */
    mature(frame: FoldFrame): void {
      for (const [horizonMs, perSymbol] of calibrations) {
        const past = memory.get(frame.ts - horizonMs * 1_000);
        const predicted = past?.model === model ? past.horizons.find((horizon) => horizon.horizonMs === horizonMs) : undefined;
        perSymbol.forEach((calibration, s) => calibration.push(scaledResidual(past?.frame, frame, predicted?.retBps[s], s)));
      }
    },
    /** `raw`: the model's expected returns, bps, symbols × its horizons, row-major; NaN = none. */
    forecast(frame: FoldFrame, modelHorizonsMs: readonly number[], raw: Float32Array): HorizonPrediction[] {
      return horizonsMs.filter((horizonMs) => modelHorizonsMs.includes(horizonMs)).map((horizonMs) => {
        const column = modelHorizonsMs.indexOf(horizonMs);
        return { horizonMs, ...forecastColumn(frame, calibrations.get(horizonMs), (s) => raw[s * modelHorizonsMs.length + column]!) };
      });
    },
    /** After the prediction is journalled (or read back from the journal). */
    remember(frame: FoldFrame, predictedBy: string | null, horizons: readonly Forecast[]): void {
      if (predictedBy !== null) memory.set(frame.ts, { frame, model: predictedBy, horizons: horizons.map(({ horizonMs, retBps }) => ({ horizonMs, retBps })) });
      for (const ts of memory.keys()) {
        if (ts >= frame.ts - longestUs) break;
        memory.delete(ts);
      }
    },
    snapshot: (): FoldState => ({
      model, remembered: [...memory.values()],
      calibrated: [...calibrations].map(([horizonMs, perSymbol]) => ({ horizonMs, windows: perSymbol.map((calibration) => calibration.latest()) })),
    }),
    restore(state: FoldState): void {
      model = state.model;
      calibrations = new Map(state.calibrated.map(({ horizonMs, windows }) => [horizonMs, windows.map(createCalibration)]));
      memory.clear();
      for (const remembered of state.remembered) memory.set(remembered.frame.ts, remembered);
    },
  };
}

/** One horizon of every symbol. */
function forecastColumn(frame: FoldFrame, perSymbol: readonly Calibration[] | undefined, rawOf: (s: number) => number): Omit<HorizonPrediction, 'horizonMs'> {
  const out = { retBps: [] as (number | null)[], loBps: [] as (number | null)[], hiBps: [] as (number | null)[], pUp: [] as (number | null)[] };
  for (let s = 0; s < frame.mid.length; s++) {
    const ret = rawOf(s);
    const known = Number.isFinite(ret) && frame.mid[s] !== null && frame.scaleBps[s]! > 0;
    const interval = known ? perSymbol?.[s]?.interval(ret, frame.scaleBps[s]!) ?? null : null;
    out.retBps.push(known ? bps(ret) : null);
    out.loBps.push(interval === null ? null : bps(interval.loBps));
    out.hiBps.push(interval === null ? null : bps(interval.hiBps));
    out.pUp.push(interval === null ? null : round(interval.pUp, 1e4));
  }
  return out;
}

function scaledResidual(past: FoldFrame | undefined, now: FoldFrame, predicted: number | null | undefined, s: number): number {
  if (past === undefined || predicted === null || predicted === undefined) return NaN;
  return (logReturnBps(past.mid[s]!, now.mid[s]!) - predicted) / past.scaleBps[s]!;
}
