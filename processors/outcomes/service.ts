/**
 * Frames + predictions → outcomes (one message a frame) and scores (as cadence.ts says).
 *
 * Both inputs have exactly one message a frame, so they are read in step. The state (pending predictions, score book) is
 * a fold over them; a restart loads the last snapshot and folds again what came after, up to the last outcome published.
 */
import { Counter } from 'prom-client';
import type { UniverseConfig } from '../../runtime/config.ts';
import { crashPoint } from '../../runtime/crashPoint.ts';
import { messageOf } from '../../runtime/errors.ts';
import { BEHIND, RUNNING, type ServiceContext } from '../../runtime/service.ts';
import type { Journal } from '../../streams/journal.ts';
import { openFencedSubject } from '../../streams/edge/fencedSubject.ts';
import { openObjects } from '../../streams/edge/objects.ts';
import { mustHold } from '../../streams/edge/stored.ts';
import { parseFrame } from '../../streams/messages/frame.ts';
import { encodeOutcome, type Outcome, parseOutcome } from '../../streams/messages/outcome.ts';
import { parsePrediction } from '../../streams/messages/prediction.ts';
import { encodeScores, parseScores } from '../../streams/messages/score.ts';
import { BUCKET, FEATURES, HEADER, OUTCOMES, PREDICTIONS } from '../../streams/streams.ts';
import { featuresSubject, outcomesSubject, predictionsSubject, scoresSubject } from '../../streams/subjects.ts';
import { mature } from '../../quant/outcomes.ts';
import { addOutcome, scoresAt } from '../../quant/scores/scoreBook.ts';
import { advance, scoresDue } from './cadence.ts';
import { pairs } from './pairs.ts';
import { createSnapshots } from './snapshots.ts';

export async function runOutcomes(journal: Journal, universe: UniverseConfig, context: ServiceContext, snapshotEveryFrames?: number): Promise<void> {
  const { signal } = context;
  const outcomes = await openFencedSubject(journal, OUTCOMES, outcomesSubject(universe.name), signal);
  const scores = await openFencedSubject(journal, OUTCOMES, scoresSubject(universe.name), signal);
  const lastOutcomeTs = outcomes.last === null ? -1 : parseOutcome(outcomes.last.data).frameTs;
  await mustHold(journal, FEATURES, Number(outcomes.last?.header(HEADER.inputSeq) ?? 0), ({ subject, data }) => subject === featuresSubject(universe.name) && parseFrame(data).ts === lastOutcomeTs);
  await mustHold(journal, PREDICTIONS, Number(outcomes.last?.header(HEADER.secondSeq) ?? 0), ({ subject, data }) => subject === predictionsSubject(universe.name) && parsePrediction(data).frameTs === lastOutcomeTs);
  const lastScoresTs = scores.last === null ? -1 : parseScores(scores.last.data).frameTs;
  const metrics = createMetrics(context);
  const snapshots = createSnapshots(await openObjects(journal, BUCKET.snapshots), universe.name, (error) => {
    metrics.snapshotsFailed.inc();
    context.log.warn(`a snapshot was not kept, so a restart would take longer: ${messageOf(error)}`);
  }, snapshotEveryFrames);
  const { position, state } = await snapshots.load(lastOutcomeTs);
  const longestMs = Math.max(...universe.horizonsMs);
  const inStep = pairs(journal, universe.name, position, context);

  context.report({ ...(position.frameTs < lastOutcomeTs ? BEHIND : RUNNING), cursors: { [FEATURES]: position.frameSeq, [PREDICTIONS]: position.predictionSeq } });
  for await (const { frame, frameSeq, prediction, predictionSeq } of inStep) {
    crashPoint('outcomes.fetch.after');
    const outcome = mature(state.pending, frame, prediction, longestMs);
    addOutcome(state.book, outcome);
    advance(state.cadence, outcome);
    let written = 0;
    if (frame.ts > lastOutcomeTs) {
      crashPoint('outcomes.publish.before');
      written = await outcomes.publish(encodeOutcome(outcome), { [HEADER.inputSeq]: String(frameSeq), [HEADER.secondSeq]: String(predictionSeq) });
      crashPoint('outcomes.publish.after');
      count(metrics, outcome);
    }
    if (scoresDue(state.cadence) && frame.ts > lastScoresTs) {
      crashPoint('outcomes.scores.before');
      written = await scores.publish(encodeScores({ v: 1, universe: universe.name, frameTs: frame.ts, scores: scoresAt(state.book, frame.ts) }));
      crashPoint('outcomes.scores.after');
    }
    if (frame.ts > lastOutcomeTs) snapshots.offer(state, { frameSeq, predictionSeq, frameTs: frame.ts });
    else snapshots.replayed();
    context.report({ ...(frame.ts >= lastOutcomeTs ? RUNNING : {}), cursors: { [FEATURES]: frameSeq, [PREDICTIONS]: predictionSeq, ...(written > 0 ? { [OUTCOMES]: written } : {}) } });
  }
  await snapshots.settled();
}

function count(metrics: ReturnType<typeof createMetrics>, outcome: Outcome): void {
  metrics.frames.inc();
  for (const matured of outcome.matured) metrics.matured.inc({ horizon_ms: matured.horizonMs }, matured.realisedBps.filter((value) => value !== null).length);
}

function createMetrics({ metrics }: ServiceContext) {
  const registers = [metrics];
  return {
    frames: new Counter({ name: 'foretick_outcomes_frames_total', help: 'Outcome messages published', registers }),
    snapshotsFailed: new Counter({ name: 'foretick_outcomes_snapshots_failed_total', help: 'Snapshots of state that could not be kept', registers }),
    matured: new Counter({ name: 'foretick_outcomes_matured_total', help: 'Predictions judged', labelNames: ['horizon_ms'], registers }),
  };
}
