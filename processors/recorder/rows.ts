/** What a message becomes in the store, pure. A prediction without a model says nothing about an instrument: it has no rows. */
import type { Outcome } from '../../streams/messages/outcome.ts';
import type { Prediction } from '../../streams/messages/prediction.ts';
import type { Scores } from '../../streams/messages/score.ts';
import type { OutcomeRow, PredictionRow, ScoreRow } from '../../store/history.ts';

export function predictionRows({ universe, frameTs, role, model, late, symbols, refPrice, horizons }: Prediction): PredictionRow[] {
  if (model === null) return [];
  return horizons.flatMap(({ horizonMs, retBps, loBps, hiBps, pUp }) => symbols.map((instrument, i) => ({
    universe, instrument, horizonMs, frameTs, role, model, late, refPrice: refPrice[i] ?? null,
    retBps: retBps[i] ?? null, loBps: loBps[i] ?? null, hiBps: hiBps[i] ?? null, pUp: pUp[i] ?? null,
  })));
}

export const outcomeRows = ({ universe, symbols, matured }: Outcome): OutcomeRow[] =>
  matured.flatMap(({ horizonMs, predictedTs, role, model, realisedBps }) =>
    symbols.map((instrument, i) => ({ universe, instrument, horizonMs, predictedTs, role, model, realisedBps: realisedBps[i] ?? null })));

export const scoreRows = ({ universe, frameTs, scores }: Scores): ScoreRow[] => scores.map((score) => ({ ...score, universe, frameTs }));
