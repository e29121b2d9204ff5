/**
 * Which models were refused stands in a header of each prediction, where a restart finds it: a model that failed on one
 * frame would otherwise pass its check again and serve the next ones, which it does in no run that wasn't interrupted.
 */
import { parsePrediction } from '../streams/messages/prediction.ts';
import type { StoredMessage } from '../streams/journal.ts';
import { HEADER } from '../streams/streams.ts';

export const refusedHeader = (models: readonly string[]): Readonly<Record<string, string>> =>
  (models.length === 0 ? {} : { [HEADER.refused]: models.map((model) => encodeURIComponent(model.toWellFormed())).join(',') });

/** Of the last prediction. Frames of another schema are another matter: on those nothing was refused yet. */
export function refusedIn(last: StoredMessage | null, schema: string): string[] {
  const names = last?.header(HEADER.refused) ?? '';
  return last === null || names === '' || parsePrediction(last.data).schema !== schema ? [] : names.split(',').map(decodeURIComponent);
}
