/** What the gateway answers from. The adapter over NATS and the store is live.ts; tests bring their own. */
import type { ModelCard } from '../registry/card.ts';
import type { HealthInfo, OnlineInfo, UniverseInfo } from '../sdk/api.ts';
import type { HistoryReader } from '../store/history.ts';
import type { InstrumentId } from '../streams/instrument.ts';
import type { Frame } from '../streams/messages/frame.ts';
import type { ModelEvent } from '../streams/messages/model.ts';
import type { Latest } from './hub.ts';

export interface GatewayData {
  readonly universes: readonly UniverseInfo[];
  latest(instrument: InstrumentId): Latest;
  /** Throws RetryError while there is no store yet. */
  history(): HistoryReader;
  /** null before the first frame. Throws RetryError while NATS is away. */
  latestFrame(universe: string): Promise<Frame | null>;
  /** What is newest, through the cache port. Answers also while the cache is away. */
  online(universe: UniverseInfo, instruments: readonly InstrumentId[]): Promise<OnlineInfo>;
  /** Names of a frame's columns, in order. */
  featureNames(universe: UniverseInfo): readonly string[];
  /** Oldest first. */
  modelEvents(universe: string): readonly ModelEvent[];
  /** null when the registry has none of that name. */
  card(model: string): Promise<ModelCard | null>;
  health(): HealthInfo;
}
