/**
 * Frames → predictions. Exactly one message a frame, also when the answer is "no model yet", fenced by the one before.
 *
 * In virtual time the frames from the end of training on wait for the first model; live waits for nobody. A prediction is
 * journalled and never recomputed: a restart rebuilds the fold from a snapshot and the journal, and goes on after the last message.
 */
import { Counter, Histogram } from 'prom-client';
import type { UniverseConfig, WorkPlan } from '../runtime/config.ts';
import { crashPoint } from '../runtime/crashPoint.ts';
import type { WallClock } from '../runtime/clock.ts';
import type { ServiceContext } from '../runtime/service.ts';
import type { Journal } from '../streams/journal.ts';
import { readStream } from '../streams/edge/consume.ts';
import { followModelEvents, type ModelEvents } from '../streams/edge/modelEvents.ts';
import { openFencedSubject } from '../streams/edge/fencedSubject.ts';
import { openObjects } from '../streams/edge/objects.ts';
import { mustHold } from '../streams/edge/stored.ts';
import { type Frame, parseFrame } from '../streams/messages/frame.ts';
import { encodePrediction, type HorizonPrediction, parsePrediction, type Prediction } from '../streams/messages/prediction.ts';
import { BUCKET, FEATURES, HEADER, PREDICTIONS } from '../streams/streams.ts';
import { featuresSubject, predictionsSubject } from '../streams/subjects.ts';
import { featureSchema } from '../quant/frames/schema.ts';
import { championAt } from '../quant/champion.ts';
import { createFold } from './fold.ts';
import { createModels, type LoadedModel, type ModelsOptions } from './models.ts';
import { predict } from './predict.ts';
import { rebuildFold } from './rebuild.ts';
import { refusedHeader, refusedIn } from './refusals.ts';
import { createSnapshots } from './snapshots.ts';

export async function runInference(journal: Journal, plan: WorkPlan, universe: UniverseConfig, context: ServiceContext, wall: WallClock, openModel?: ModelsOptions['openModel'], snapshotEveryFrames?: number): Promise<void> {
  const schema = featureSchema(universe.stepMs);
  const names = schema.features.map((feature) => feature.name);
  const events = await followModelEvents(journal, universe.name, context.signal);
  const output = await openFencedSubject(journal, PREDICTIONS, predictionsSubject(universe.name), context.signal);
  const readUpTo = Number(output.last?.header(HEADER.inputSeq) ?? 0);
  const lastTs = output.last === null ? null : parsePrediction(output.last.data).frameTs;
  await mustHold(journal, FEATURES, readUpTo, ({ subject, data }) => subject === featuresSubject(universe.name) && parseFrame(data).ts === lastTs);
  const models = createModels(await openObjects(journal, BUCKET.models), {
    names, log: context.log, refusedBefore: refusedIn(output.last, schema.hash), virtual: plan.feed.virtual, signal: context.signal, ...(openModel === undefined ? {} : { openModel }),
  });
  const fold = createFold(universe.instruments.length, universe.horizonsMs);
  const metrics = createMetrics(context);
  const snapshots = createSnapshots(await openObjects(journal, BUCKET.snapshots), universe, schema.hash, context.log, () => metrics.snapshotsFailed.inc(), snapshotEveryFrames);
  if (output.last !== null) await rebuildFold(fold, output.last, snapshots, { journal, universe, models, schema: schema.hash, log: context.log, signal: context.signal });
  const stepUs = universe.stepMs * 1_000;

  context.report({ state: 'running', detail: '', cursors: { [FEATURES]: readUpTo } });
  for await (const stored of readStream(journal, { stream: FEATURES, fromSeq: readUpTo + 1, filterSubjects: [featuresSubject(universe.name)], signal: context.signal })) {
    const started = performance.now();
    crashPoint('inference.fetch.after');
    const frame = parseFrame(stored.data);
    const champion = await championFor(frame.ts, plan, events, context);
    if (context.signal.aborted) break;
    let model = champion === null || frame.schema !== schema.hash ? null : await models.load(champion);
    if (context.signal.aborted) break; // a check takes seconds, and another worker may be in this one's place by then
    if ((model?.card.model ?? null) !== fold.model()) {
      crashPoint('inference.swap.before');
      fold.use(model?.card ?? null);
      crashPoint('inference.swap.after');
    }
    const horizons = await predict(frame, model, names, fold, models.refuse);
    if (fold.model() === null) model = null; // it was refused at this frame
    const madeAt = wall.nowUs();
    const late = !plan.feed.virtual && madeAt > frame.ts + stepUs;
    crashPoint('inference.publish.before');
    const prediction = encodePrediction(toPrediction(frame, model, horizons, madeAt, late));
    const written = await output.publish(prediction, { [HEADER.inputSeq]: String(stored.seq), [HEADER.secondSeq]: String(events.lastSeq()), ...refusedHeader(models.refused()) });
    crashPoint('inference.publish.after');
    snapshots.offer(fold, written, prediction);
    metrics.predictions.inc();
    if (late) metrics.late.inc();
    metrics.seconds.observe((performance.now() - started) / 1_000);
    context.report({ cursors: { [FEATURES]: stored.seq, [PREDICTIONS]: written }, detail: model === null ? 'no model yet' : `serving ${model.card.model}` });
  }
  await snapshots.settled();
  await models.release();
}

/** Virtual time: from the end of training on, a frame waits until there is a first model. */
async function championFor(frameTs: number, plan: WorkPlan, events: ModelEvents, context: ServiceContext): Promise<string | null> {
  const mustWait = plan.feed.virtual && plan.training.untilTs !== null && frameTs >= plan.training.untilTs;
  while (mustWait && !context.signal.aborted && !events.events.some((event) => event.kind === 'promoted' && event.fromFrame <= frameTs)) {
    context.report({ state: 'waiting', detail: 'the first model is being trained' });
    await events.next();
  }
  context.report({ state: 'running' });
  return championAt(events.events, frameTs);
}

function toPrediction(frame: Frame, model: LoadedModel | null, horizons: HorizonPrediction[], madeAt: number, late: boolean): Prediction {
  return {
    v: 1, universe: frame.universe, frameTs: frame.ts, madeAt, late, role: 'champion', model: model?.card.model ?? null, schema: frame.schema,
    symbols: frame.symbols, refPrice: frame.mid, flags: frame.flags, horizons,
  };
}

function createMetrics({ metrics }: ServiceContext) {
  const registers = [metrics];
  return {
    predictions: new Counter({ name: 'foretick_inference_predictions_total', help: 'Prediction messages published', registers }),
    late: new Counter({ name: 'foretick_inference_late_total', help: 'Predictions made after the next frame was due', registers }),
    snapshotsFailed: new Counter({ name: 'foretick_inference_snapshots_failed_total', help: 'Snapshots of calibration that could not be kept', registers }),
    seconds: new Histogram({ name: 'foretick_inference_seconds', help: 'Frame read to prediction stored', buckets: [0.0005, 0.001, 0.002, 0.005, 0.01, 0.05, 0.2, 1], registers }),
  };
}
