/** A simulated market through the real feature code, the real trainer and the real session, in memory. */
import { join } from 'node:path';
import { loadSession } from '../../inference/session.ts';
import { createFrameEngine, type EngineFrame } from '../../quant/frames/engine.ts';
import { featureSchema } from '../../quant/frames/schema.ts';
import { labelsBps } from '../../quant/labels.ts';
import { openSimulator, SIMULATION_START_TS } from '../../streams/sources/simulator/simulator.ts';
import { collectFrames } from '../../trainer/collect.ts';
import { SCALE_FEATURE, scaleOf, type TrainingFrames } from '../../trainer/dataset.ts';
import { findLightgbm } from '../../trainer/models/lightgbmLibrary.ts';
import { trainModel } from '../../trainer/train.ts';

const TRAIN_SHARE = 0.6;

export interface Judged { readonly horizonMs: number; /** Realised, forecast (bps) and scale of every judged symbol and frame, in time order. */ readonly y: Float64Array; readonly f: Float64Array; readonly scale: Float64Array }

export async function simulate(seed: number, minutes: number, predictable: boolean, horizonsMs: readonly number[]): Promise<{ judged: Judged[]; families: Readonly<Record<string, string>> }> {
  const source = openSimulator({ seed, symbols: 4, minutes, predictable, startTs: SIMULATION_START_TS });
  const { features, hash } = featureSchema(1_000);
  const options = { instruments: source.instruments, leaders: source.instruments.slice(0, 2), stepMs: 1_000, features };
  const engine = createFrameEngine(options);
  async function* frames(): AsyncGenerator<EngineFrame> {
    for await (const chunk of source.messages(new AbortController().signal)) for (const message of chunk) yield* engine.push(message);
  }
  const all = await collectFrames(frames(), { ...options, schema: hash, untilTs: null });
  const cut = Math.floor(all.ts.length * TRAIN_SHARE);
  const { onnx, card, report } = await trainModel(slice(all, 0, cut), { universe: 'sim', horizonsMs, lightgbmLibrary: findLightgbm(join(import.meta.dirname, '../..')), seed: 1, ungated: !predictable });
  const session = await loadSession(onnx, card);
  const rest = slice(all, cut, all.ts.length);
  const out = await session.predict(rest.rows, rest.mid.length);
  await session.release();
  return { judged: horizonsMs.map((horizonMs, h) => judge(rest, horizonMs, out, h, horizonsMs.length)), families: report.families };
}

function slice(all: TrainingFrames, from: number, to: number): TrainingFrames {
  const symbols = all.instruments.length;
  const width = symbols * all.features.length;
  return { ...all, ts: all.ts.slice(from, to), rows: all.rows.slice(from * width, to * width), mid: all.mid.slice(from * symbols, to * symbols), flags: all.flags.slice(from * symbols, to * symbols) };
}

function judge(frames: TrainingFrames, horizonMs: number, out: Float32Array, h: number, horizons: number): Judged {
  const labels = labelsBps(frames.ts, frames.mid, horizonMs);
  const scaleColumn = frames.features.indexOf(SCALE_FEATURE);
  const kept = [...labels.keys()].filter((i) => !Number.isNaN(labels[i]!));
  return {
    horizonMs, y: Float64Array.from(kept, (i) => labels[i]!), f: Float64Array.from(kept, (i) => out[i * horizons + h]!),
    scale: Float64Array.from(kept, (i) => scaleOf(frames.rows[i * frames.features.length + scaleColumn]!)),
  };
}
