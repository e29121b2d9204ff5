/**
 * Price impact: the slope of one-step returns of the mid on the step's signed volume, through the origin, over a
 * window; for a volume as large as the usual top of the book, so in bps. NaN where nobody traded.
 * Source: Kyle 1985; the regression is Hasbrouck's (2009).
 * Layout: [signed volume of the running step, mid before, depth, window of r·q, window of q²].
 */
import type { FeatureDefinition } from './definition.ts';
import { DEPTH_SLOTS, depthDecay, initDepth, pushDepth } from './toolkit/depth.ts';
import { known, logReturnBps, ratio } from './toolkit/number.ts';
import { tradeSign } from './toolkit/trade-sign.ts';
import { initWindowSum, pushWindowSum, windowSumSlots } from './toolkit/window-sum.ts';
import { label, stepsIn } from './toolkit/window.ts';

const DEPTH = 2;
const PRODUCTS = DEPTH + DEPTH_SLOTS;

export function kyleLambda(windowMs: number, stepMs: number): FeatureDefinition {
  const n = stepsIn(windowMs, stepMs);
  const squares = PRODUCTS + windowSumSlots(n);
  const decay = depthDecay(stepMs);
  return {
    name: `kyle_lambda_${label(windowMs)}`,
    group: 'liquidity',
    unit: 'bps/depth',
    source: 'Kyle 1985: Σ r·q / Σ q², times the usual top-of-book size; Hasbrouck 2009',
    warmupMs: n * stepMs,
    directional: true,
    slots: squares + windowSumSlots(n),
    init(state) {
      state[0] = 0;
      state[1] = Number.NaN;
      initDepth(state, DEPTH);
      initWindowSum(state, PRODUCTS, n);
      initWindowSum(state, squares, n);
    },
    onTrade(state, trade, before) {
      state[0]! += tradeSign(trade, before) * trade.size;
    },
    onStep(state, { book }) {
      const volume = known(state[0]!);
      const ret = logReturnBps(book.mid, state[1]!);
      state[0] = 0;
      state[1] = book.mid;
      const depth = pushDepth(state, DEPTH, decay, book);
      const products = pushWindowSum(state, PRODUCTS, n, known(ret * volume));
      return depth * ratio(products, pushWindowSum(state, squares, n, known(volume * volume)));
    },
  };
}
