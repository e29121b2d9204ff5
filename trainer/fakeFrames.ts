/** Invented frames for tests of training: seeded, with as much planted as the test says. */
import { createRandom } from '../quant/random.ts';
import type { TrainingFrames } from './dataset.ts';

export interface Planted {
  readonly frames: number;
  readonly symbols: number;
  readonly seed: number;
  /** Move of the next step that the book's imbalance foretells, in volatilities. */
  readonly rule?: number;
  /** Move that the sign of a × b foretells: nothing linear sees it. */
  readonly nonlinear?: number;
  /** Move that `a` foretells. */
  readonly linear?: number;
}

export const FEATURES = ['imb_top', 'spread_bps', 'vol_ewma_60s', 'a', 'b', 'always_positive', 'session_pos'] as const;
const START_TS = 1_767_571_200_000_000;
const VOL_BPS = 1.3;
const SPREAD_BPS = 0.7;
const NAN_SHARE = 0.05;

export function plantedFrames({ frames, symbols, seed, rule = 0, nonlinear = 0, linear = 0 }: Planted): TrainingFrames {
  const random = createRandom(seed);
  const width = FEATURES.length;
  const out = {
    ts: Float64Array.from({ length: frames }, (_, i) => START_TS + i * 1_000_000),
    rows: new Float32Array(frames * symbols * width), mid: new Float64Array(frames * symbols), flags: new Uint8Array(frames * symbols),
  };
  const price = new Float64Array(symbols).fill(100);
  for (let i = 0; i < frames; i++) {
    for (let s = 0; s < symbols; s++) {
      const imbalance = random.next() * 2 - 1;
      const [a, b] = [random.normal(), random.normal()];
      out.mid[i * symbols + s] = price[s]!;
      out.rows.set([imbalance, SPREAD_BPS, VOL_BPS, random.next() < NAN_SHARE ? NaN : a, random.next() < NAN_SHARE ? NaN : b, random.next() + 0.1, i / frames], (i * symbols + s) * width);
      const moveBps = VOL_BPS * (random.normal() + rule * imbalance + linear * a + nonlinear * Math.sign(a) * Math.abs(b));
      price[s] = price[s]! * Math.exp(moveBps / 10_000);
    }
  }
  return {
    features: FEATURES, directional: FEATURES.map((name) => name !== 'session_pos'), schema: 'test', stepMs: 1_000,
    instruments: Array.from({ length: symbols }, (_, s) => `test.S${s}`), ...out,
  };
}
