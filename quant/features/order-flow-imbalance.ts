/**
 * Order-flow imbalance over a window: what was added to the bid and taken from the ask, less the opposite, divided by
 * the usual size at the top. A quote's part is
 *   e = [b ≥ b′]·B − [b ≤ b′]·B′ − [a ≤ a′]·A + [a ≥ a′]·A′      (b, a prices; B, A sizes; ′ the quote before).
 * The first quote has none before it and counts as 0. Source: Cont, Kukanov, Stoikov 2014, eq. 2.
 * Layout: [sum of the running step, depth, window].
 */
import type { Quote } from '../../streams/messages/tick.ts';
import type { Book, FeatureDefinition } from './definition.ts';
import { DEPTH_SLOTS, depthDecay, initDepth, pushDepth } from './toolkit/depth.ts';
import { known, ratio } from './toolkit/number.ts';
import { initWindowSum, pushWindowSum, windowSumSlots } from './toolkit/window-sum.ts';
import { label, stepsIn } from './toolkit/window.ts';

/** Comparing with NaN is false, so an unknown book before gives 0. */
export function orderFlow(quote: Quote, before: Book): number {
  let flow = 0;
  if (quote.bid >= before.bid) flow += quote.bidSize;
  if (quote.bid <= before.bid) flow -= before.bidSize;
  if (quote.ask <= before.ask) flow -= quote.askSize;
  if (quote.ask >= before.ask) flow += before.askSize;
  return flow;
}

const DEPTH = 1;
const WINDOW = DEPTH + DEPTH_SLOTS;

export function orderFlowImbalance(windowMs: number, stepMs: number): FeatureDefinition {
  const n = stepsIn(windowMs, stepMs);
  const decay = depthDecay(stepMs);
  return {
    name: `ofi_${label(windowMs)}`,
    group: 'flow',
    unit: 'depths',
    source: 'Cont, Kukanov, Stoikov 2014: Σe over the window / usual top-of-book size',
    warmupMs: (n - 1) * stepMs,
    directional: true,
    slots: WINDOW + windowSumSlots(n),
    init(state) {
      state[0] = 0;
      initDepth(state, DEPTH);
      initWindowSum(state, WINDOW, n);
    },
    onQuote(state, quote, before) {
      state[0]! += orderFlow(quote, before);
    },
    onStep(state, { book }) {
      const sum = pushWindowSum(state, WINDOW, n, known(state[0]!));
      state[0] = 0;
      return ratio(sum, pushDepth(state, DEPTH, decay, book));
    },
  };
}
