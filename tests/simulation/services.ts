/** The services' own bodies, as the simulation starts them: over a link, the shared store and virtual time. */
import { runInference } from '../../inference/service.ts';
import { runFeatures } from '../../processors/features/service.ts';
import { runOutcomes } from '../../processors/outcomes/service.ts';
import { runRecorder } from '../../processors/recorder/recorder.ts';
import { registerModel } from '../../registry/registry.ts';
import type { WallClock } from '../../runtime/clock.ts';
import type { ServiceContext } from '../../runtime/service.ts';
import type { HistoryStore } from '../../store/history.ts';
import { openFeedPublisher } from '../../streams/edge/feedPublisher.ts';
import { openFencedSubject } from '../../streams/edge/fencedSubject.ts';
import { openObjects } from '../../streams/edge/objects.ts';
import type { Journal } from '../../streams/journal.ts';
import { encodeModelEvent } from '../../streams/messages/model.ts';
import { pump } from '../../streams/sources/pump.ts';
import { BUCKET, MODELS } from '../../streams/streams.ts';
import { modelsSubject } from '../../streams/subjects.ts';
import { card, config, modelFile, openTinyModel, openTinySource, promotedFrom } from './tinyMarket.ts';

export interface World {
  readonly journal: Journal;
  readonly context: ServiceContext;
  readonly wall: WallClock;
  readonly store: HistoryStore;
  readonly chunk: number;
  readonly snapshotEveryFrames: number;
}

export const SERVICES = {
  source: async ({ journal, context, wall, chunk }: World) => pump(openTinySource(chunk), await openFeedPublisher(journal, config.feed.name, context.log, context.signal), config.feed, wall, context),
  features: ({ journal, context, snapshotEveryFrames }: World) => runFeatures(journal, config, config.universes[0]!, context, snapshotEveryFrames),
  inference: ({ journal, context, wall, snapshotEveryFrames }: World) => runInference(journal, config, config.universes[0]!, context, wall, openTinyModel, snapshotEveryFrames),
  outcomes: ({ journal, context, snapshotEveryFrames }: World) => runOutcomes(journal, config.universes[0]!, context, snapshotEveryFrames),
  recorder: ({ journal, context, store }: World) => runRecorder(journal, config, context, () => store),
  trainer: promote,
} as const;
export type ServiceName = keyof typeof SERVICES;

/** What the trainer leaves behind, without the training. */
async function promote({ journal, context }: World): Promise<void> {
  await registerModel(await openObjects(journal, BUCKET.models), modelFile, card);
  const output = await openFencedSubject(journal, MODELS, modelsSubject(config.universes[0]!.name), context.signal);
  if (output.last !== null) return;
  await output.publish(encodeModelEvent({
    v: 1, universe: config.universes[0]!.name, kind: 'promoted', model: card.model, sha256: card.sha256, fromFrame: promotedFrom, who: 'simulation', why: 'test', evidence: {}, at: 0,
  }));
}
