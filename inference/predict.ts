/**
 * One step of the fold with the model that serves. A model that passed its check and fails all the same, on a frame that
 * the check didn't foresee, is refused: the frame gets "no model", and the service goes on.
 */
import { RefusedError } from '../runtime/errors.ts';
import { decodeRows, type Frame } from '../streams/messages/frame.ts';
import type { HorizonPrediction } from '../streams/messages/prediction.ts';
import type { createFold } from './fold.ts';
import type { LoadedModel } from './models.ts';
import { columnsOf, foldFrameOf, gather } from './rows.ts';

type Refuse = (model: string, error: RefusedError) => Promise<void>;

/** Matures, forecasts, remembers. After a refusal the fold has no model. */
export async function predict(frame: Frame, model: LoadedModel | null, names: readonly string[], fold: ReturnType<typeof createFold>, refuse: Refuse): Promise<HorizonPrediction[]> {
  if (model === null) return [];
  const rows = decodeRows(frame.rows);
  const foldFrame = foldFrameOf(frame, rows, names, model.card);
  fold.mature(foldFrame);
  let raw: Float32Array;
  try {
    raw = await model.session.predict(gather(rows, names.length, columnsOf(model.card, names)), frame.symbols.length);
  } catch (error) {
    if (!(error instanceof RefusedError)) throw error;
    await refuse(model.card.model, error);
    fold.use(null);
    return [];
  }
  const horizons = fold.forecast(foldFrame, model.card.horizons.map((horizon) => horizon.horizonMs), raw);
  fold.remember(foldFrame, model.card.model, horizons);
  return horizons;
}
