/** A frame's prediction, and a scores message, as one message an instrument. Pure. */
import type { InstrumentId } from '../../streams/instrument.ts';
import type { LatestPrediction, LatestScore } from '../../streams/messages/latest.ts';
import type { Prediction } from '../../streams/messages/prediction.ts';
import type { Score, Scores } from '../../streams/messages/score.ts';

export function splitPrediction(prediction: Prediction): { instrument: InstrumentId; value: LatestPrediction }[] {
  const { frameTs, madeAt, late, model } = prediction;
  return prediction.symbols.map((instrument, i) => ({
    instrument,
    value: {
      v: 1, frameTs, madeAt, late, model, refPrice: prediction.refPrice[i] ?? null, flags: prediction.flags[i] ?? 0,
      horizons: prediction.horizons.map(({ horizonMs, retBps, loBps, hiBps, pUp }) => ({
        horizonMs, retBps: retBps[i] ?? null, loBps: loBps[i] ?? null, hiBps: hiBps[i] ?? null, pUp: pUp[i] ?? null,
      })),
    },
  }));
}

/** The pooled rows (`*`) belong to no instrument: they are read with GET /scores. */
export function splitScores(message: Scores): { instrument: InstrumentId; value: LatestScore }[] {
  const rows = Map.groupBy(message.scores, ({ symbol }: Score) => symbol);
  rows.delete('*');
  return [...rows].map(([instrument, scores]) => ({ instrument, value: { v: 1, frameTs: message.frameTs, scores } }));
}
