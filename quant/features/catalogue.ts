/**
 * Every feature, in the order of a frame's columns. A feature whose window is shorter than a step has no meaning on
 * that grid and is left out. Whatever a feature computes, what leaves the catalogue is finite in float32 or NaN.
 */
import { RefusedError } from '../../runtime/errors.ts';
import { activityRatio } from './activity-ratio.ts';
import { bollingerPosition, bollingerWidth } from './bollinger.ts';
import type { FeatureDefinition } from './definition.ts';
import { depthRatio } from './depth-ratio.ts';
import { effectiveSpread } from './effective-spread.ts';
import { emaDistance } from './ema-distance.ts';
import { imbalanceEwma } from './imbalance-ewma.ts';
import { imbalance } from './imbalance.ts';
import { kyleLambda } from './kyle-lambda.ts';
import { lastTradeDeviation } from './last-trade-deviation.ts';
import { leaderReturn } from './leader-return.ts';
import { logReturnScaled } from './log-return-scaled.ts';
import { logReturn } from './log-return.ts';
import { macd } from './macd.ts';
import { micropriceScaled } from './microprice-scaled.ts';
import { microprice } from './microprice.ts';
import { orderFlowImbalance } from './order-flow-imbalance.ts';
import { rangePosition } from './range-position.ts';
import { realisedVol } from './realised-vol.ts';
import { rollSpread } from './roll-spread.ts';
import { rsi } from './rsi.ts';
import { sessionPosition } from './session-position.ts';
import { signedVolume } from './signed-volume.ts';
import { sinceQuote, sinceTrade } from './since-last.ts';
import { spreadRatio } from './spread-ratio.ts';
import { spread } from './spread.ts';
import { quoteRate, tradeRate } from './tick-rate.ts';
import { timeOfDayCos, timeOfDaySin } from './time-of-day.ts';
import { output } from './toolkit/number.ts';
import { tradeImbalance } from './trade-imbalance.ts';
import { volEwma } from './vol-ewma.ts';
import { volRatio } from './vol-ratio.ts';
import { vwapDistance } from './vwap-distance.ts';

/** Changed with any formula, so that frames of different code never share a schema. */
export const CODE_VERSION = '4';

export const SHORTEST_STEP_MS = 100;
export const LONGEST_STEP_MS = 60_000;

type Factory = (windowMs: number, stepMs: number) => FeatureDefinition;

export function catalogue(stepMs: number): readonly FeatureDefinition[] {
  if (!Number.isInteger(stepMs) || stepMs < SHORTEST_STEP_MS || stepMs > LONGEST_STEP_MS) {
    throw new RefusedError(
      `There are no features for a step of ${stepMs} ms.`,
      `Choose a step of ${SHORTEST_STEP_MS} to ${LONGEST_STEP_MS} ms, in whole milliseconds.`,
    );
  }
  /** The factory's feature for each window that is as long as a step or longer. */
  const over = (factory: Factory, ...windowsS: readonly number[]): FeatureDefinition[] =>
    windowsS.map((s) => s * 1_000).filter((windowMs) => windowMs >= stepMs).map((windowMs) => factory(windowMs, stepMs));

  return [
    microprice, micropriceScaled(stepMs), imbalance, ...over(imbalanceEwma, 5),
    spread, ...over(spreadRatio, 60), lastTradeDeviation,
    ...over(logReturn, 1, 2, 5, 10, 30, 60, 300), ...over(logReturnScaled, 1, 5, 30),
    volEwma(stepMs), ...over(realisedVol, 5, 10, 30, 60, 300), ...over(volRatio, 5), bollingerWidth(stepMs),
    // The mean and the range of one mid say nothing: their windows need two steps.
    ...over(emaDistance, 10, 60, 300).filter(needsTwoSteps), ...over(rangePosition, 60, 300).filter(needsTwoSteps),
    rsi(stepMs), macd('line', stepMs), macd('signal', stepMs), macd('hist', stepMs), bollingerPosition(stepMs),
    ...over(vwapDistance, 60, 300),
    ...over(orderFlowImbalance, 1, 5, 30), ...over(signedVolume, 1, 5, 30), ...over(tradeImbalance, 1, 5, 30),
    ...over(tradeRate, 5, 60), ...over(quoteRate, 5, 60), ...over(activityRatio, 5), sinceTrade, sinceQuote,
    depthRatio(stepMs), ...over(kyleLambda, 60, 300), ...over(rollSpread, 60, 300), ...over(effectiveSpread, 60),
    ...over(leaderReturn(0), 1, 5), ...over(leaderReturn(1), 1, 5),
    sessionPosition, timeOfDaySin, timeOfDayCos,
  ].map(guarded);
}

const needsTwoSteps = (feature: FeatureDefinition): boolean => feature.warmupMs > 0;

function guarded(feature: FeatureDefinition): FeatureDefinition {
  const { onStep } = feature;
  return { ...feature, onStep: (state, step) => output(onStep(state, step)) };
}
