/**
 * A frame and its prediction at a time, by frame time.
 *
 * 1. Retention may have taken more of one stream than of the other. What has lost its partner so is passed over, and told.
 * 2. From the first pair on both streams are whole: a frame or prediction out of step is damage (CorruptError).
 */
import { CorruptError } from '../../runtime/errors.ts';
import type { ServiceContext } from '../../runtime/service.ts';
import { readStream } from '../../streams/edge/consume.ts';
import type { Journal } from '../../streams/journal.ts';
import { type Frame, parseFrame } from '../../streams/messages/frame.ts';
import { parsePrediction, type Prediction } from '../../streams/messages/prediction.ts';
import { FEATURES, PREDICTIONS } from '../../streams/streams.ts';
import { featuresSubject, predictionsSubject } from '../../streams/subjects.ts';

export interface Pair { readonly frame: Frame; readonly frameSeq: number; readonly prediction: Prediction; readonly predictionSeq: number }

export async function* pairs(
  journal: Journal, universe: string, after: { readonly frameSeq: number; readonly predictionSeq: number }, { signal, log }: Pick<ServiceContext, 'signal' | 'log'>,
): AsyncGenerator<Pair> {
  const predictions = readStream(journal, { stream: PREDICTIONS, fromSeq: after.predictionSeq + 1, filterSubjects: [predictionsSubject(universe)], signal });
  const next = async (): Promise<Pick<Pair, 'prediction' | 'predictionSeq'> | null> => {
    const { done, value } = await predictions.next();
    return done ? null : { prediction: parsePrediction(value.data), predictionSeq: value.seq };
  };
  let inStep = false;
  let lone = 0;
  try {
    let one = await next();
    for await (const { seq: frameSeq, data } of readStream(journal, { stream: FEATURES, fromSeq: after.frameSeq + 1, filterSubjects: [featuresSubject(universe)], signal })) {
      const frame = parseFrame(data);
      while (!inStep && one !== null && one.prediction.frameTs < frame.ts) {
        lone += 1;
        one = await next();
      }
      if (one === null) return;
      if (!inStep && one.prediction.frameTs > frame.ts) {
        lone += 1;
        continue;
      }
      if (one.prediction.frameTs !== frame.ts) throw new CorruptError(`prediction of ${one.prediction.frameTs} where that of frame ${frame.ts} was expected`, 'FEATURES and PREDICTIONS no longer belong together; start with a new data folder.');
      if (!inStep && lone > 0) log.error({ lone }, 'frames or predictions have lost their partner to the streams\' retention: they have no outcome');
      inStep = true;
      yield { frame, frameSeq, ...one };
      one = await next();
      if (one === null) return;
    }
  } finally {
    await predictions.return(undefined);
  }
}
