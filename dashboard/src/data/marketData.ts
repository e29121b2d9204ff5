/**
 * The live side of the page: instruments, market times and health, fed by stream messages. Updates are merged and
 * applied once per animation frame. Holds the instruments of the served universes and nothing else.
 */
import { batch, createSignal, type Accessor } from 'solid-js';
import type { HealthInfo, ServerMessage, UniverseInfo } from '../../../sdk/api.ts';
import type { LatestPrediction, LatestPrice, LatestScore } from '../../../streams/messages/latest.ts';
import { createFrameBatch } from './frameBatch.ts';
import { createInstrument, type Instrument } from './instrument.ts';

export interface MarketData {
  instrument(id: string): Instrument | undefined;
  /** The newest market time seen in a universe, µs. */
  marketNow(universe: string): number | undefined;
  readonly health: Accessor<HealthInfo | undefined>;
  setHealth(health: HealthInfo): void;
  /** Wall time of the newest price, ms; 0 before the first. */
  readonly lastPriceAtMs: () => number;
  adopt(universes: readonly UniverseInfo[]): void;
  receive(message: ServerMessage): void;
  /** Drops updates that wait for their frame. */
  dropWaiting(): void;
}

type Update =
  | { kind: 'price'; instrument: string; value: LatestPrice }
  | { kind: 'prediction'; instrument: string; value: LatestPrediction }
  | { kind: 'score'; instrument: string; value: LatestScore }
  | { kind: 'health'; value: HealthInfo };

export function createMarketData(nowMs: () => number): MarketData {
  const [health, setHealth] = createSignal<HealthInfo>();
  const [times, setTimes] = createSignal<ReadonlyMap<string, number>>(new Map());
  let instruments = new Map<string, Instrument>();
  let lastPriceAtMs = 0;

  const applyOne = (update: Update, seen: Map<string, number>): void => {
    if (update.kind === 'health') return void setHealth(update.value);
    const instrument = instruments.get(update.instrument);
    if (instrument === undefined) return;
    if (update.kind === 'prediction') return instrument.setPrediction(update.value);
    if (update.kind === 'score') return instrument.setScore(update.value);
    instrument.setPrice(update.value);
    seen.set(instrument.universe, Math.max(update.value.ts, seen.get(instrument.universe) ?? 0));
  };
  const frames = createFrameBatch<Update>((updates) => batch(() => {
    const seen = new Map<string, number>();
    for (const update of updates) applyOne(update, seen);
    if (seen.size > 0) setTimes((now) => new Map([...now, ...seen]));
  }), requestAnimationFrame, cancelAnimationFrame);

  return {
    instrument: (id) => instruments.get(id),
    marketNow: (universe) => times().get(universe),
    health,
    setHealth: (value) => void setHealth(value),
    lastPriceAtMs: () => lastPriceAtMs,
    adopt(universes) {
      instruments = new Map(universes.flatMap(({ name, instruments: ids }) => ids.map((id) => [id, instruments.get(id) ?? createInstrument(id, name)] as const)));
    },
    receive(message) {
      for (const update of updatesOf(message)) {
        if (update.kind === 'price') lastPriceAtMs = nowMs();
        frames.add(update.kind === 'health' ? 'health' : `${update.kind}/${update.instrument}`, update);
      }
    },
    dropWaiting: () => frames.clear(),
  };
}

function updatesOf(message: ServerMessage): Update[] {
  switch (message.type) {
    case 'snapshot':
      return message.instruments.flatMap(({ instrument, price, prediction, score }): Update[] => [
        ...(price === null ? [] : [{ kind: 'price' as const, instrument, value: price }]),
        ...(prediction === null ? [] : [{ kind: 'prediction' as const, instrument, value: prediction }]),
        ...(score === null ? [] : [{ kind: 'score' as const, instrument, value: score }]),
      ]);
    case 'health':
      return [{ kind: 'health', value: message.value }];
    case 'price':
      return [{ kind: 'price', instrument: message.instrument, value: message.value }];
    case 'prediction':
      return [{ kind: 'prediction', instrument: message.instrument, value: message.value }];
    case 'score':
      return [{ kind: 'score', instrument: message.instrument, value: message.value }];
    default:
      return [];
  }
}
