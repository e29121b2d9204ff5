/** What is newest of each kind and not yet told. Predictions and scores are parsed when told: those skipped cost nothing. Pure. */
import type { InstrumentId } from '../../streams/instrument.ts';
import { parseFeedMessage } from '../../streams/messages/feed.ts';
import { encodeLatest, type LatestPrediction, type LatestPrice, type LatestScore } from '../../streams/messages/latest.ts';
import { parsePrediction } from '../../streams/messages/prediction.ts';
import { parseScores } from '../../streams/messages/score.ts';
import { type LatestKind, latestSubject } from '../../streams/subjects.ts';
import { createPrices } from './prices.ts';
import { splitPrediction, splitScores } from './split.ts';

interface Message { readonly subject: string; readonly data: Uint8Array }
export interface Update { readonly subject: string; readonly body: Uint8Array }
export interface Newest {
  take(message: Message): void;
  /** Forecasts that came since they were last given. Made one by one, so that the first are on their way while the last are made. */
  forecasts(): Iterable<Update>;
  /** Prices and scores that changed since they were last given; a price at most every PRICE_EVERY_MS. What comes meanwhile is for the next time. */
  rest(nowMs: number): Iterable<Update>;
}
type Told = { instrument: InstrumentId; value: LatestPrice | LatestPrediction | LatestScore };

/** A message that can't be read is skipped and reported. */
export function createNewest(instruments: readonly InstrumentId[], onUnreadable: (subject: string, error: unknown) => void): Newest {
  const prices = createPrices(instruments);
  /** One a universe, by subject. */
  const predictions = new Map<string, Message>();
  const scores = new Map<string, Message>();

  const read = <T>(message: Message, parse: (message: Message) => T[]): T[] => {
    try {
      return parse(message);
    } catch (error) {
      onUnreadable(message.subject, error);
      return [];
    }
  };
  function* updates(kind: LatestKind, told: readonly Told[]): Generator<Update> {
    for (const { instrument, value } of told) yield { subject: latestSubject(kind, instrument), body: encodeLatest(value) };
  }

  return {
    take(message) {
      if (message.subject.startsWith('predictions.')) predictions.set(message.subject, message);
      else if (message.subject.startsWith('scores.')) scores.set(message.subject, message);
      else for (const tick of read(message, ({ subject, data }) => [parseFeedMessage(subject, data)])) if (tick.type === 'trade' || tick.type === 'quote') prices.offer(tick);
    },
    *forecasts() {
      const forecasts = [...predictions.values()];
      predictions.clear();
      for (const message of forecasts) yield* updates('prediction', read(message, ({ data }) => splitPrediction(parsePrediction(data))));
    },
    *rest(nowMs) {
      const scored = [...scores.values()];
      scores.clear();
      yield* updates('price', prices.due(nowMs));
      for (const message of scored) yield* updates('score', read(message, ({ data }) => splitScores(parseScores(data))));
    },
  };
}
