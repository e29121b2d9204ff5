/** What the simulation runs on: two symbols, thirty steps of the grid, and a model that is a formula. A pure function of nothing. */
import { createHash } from 'node:crypto';
import type { loadSession } from '../../inference/session.ts';
import { createRandom } from '../../quant/random.ts';
import { featureSchema } from '../../quant/frames/schema.ts';
import type { ModelCard } from '../../registry/card.ts';
import { type Config, configSchema } from '../../runtime/config.ts';
import type { FeedMessage } from '../../streams/messages/feed.ts';
import type { Source } from '../../streams/sources/source.ts';

const STEP_MS = 100;
const STEPS = 30;
const START_TS = 1_700_000_000_000_000;
const INSTRUMENTS = ['sim.A', 'sim.B'];
const HORIZONS_MS = [200, 500];
/** The share of the market after which the first model serves. */
const TRAIN_STEPS = 10;

export const config: Config = configSchema.parse({
  v: 1, dataDir: 'none', nats: { url: 'none', credentialsFile: null },
  feed: { name: 'tiny', source: { kind: 'simulator', seed: 1, symbols: 2, minutes: 1, predictable: true }, virtual: true, speed: null, fastUntil: null },
  universes: [{ name: 'u', instruments: INSTRUMENTS, stepMs: STEP_MS, horizonsMs: HORIZONS_MS, leaders: INSTRUMENTS.slice(0, 1) }],
  training: { untilTs: START_TS + TRAIN_STEPS * STEP_MS * 1_000, minMinutes: 1, ungated: false },
  store: { url: 'sqlite::memory:' }, gateway: { host: '127.0.0.1', port: 0, tokenFile: 'none' },
});

function makeMessages(): FeedMessage[] {
  const random = createRandom(1);
  const level = INSTRUMENTS.map((_, i) => 10_000 * (i + 1));
  const messages: FeedMessage[] = [{ v: 1, type: 'status', tsInit: START_TS, status: { kind: 'connected' } }];
  for (let step = 0; step < STEPS; step++) {
    const ts = START_TS + step * STEP_MS * 1_000;
    messages.push({ v: 1, type: 'clock', tsInit: ts });
    for (const [i, instrument] of INSTRUMENTS.entries()) {
      level[i]! += Math.round(random.normal() * 2);
      const at = { v: 1 as const, instrument, tsEvent: ts + 1_000 * (i + 1), tsInit: ts + 1_000 * (i + 1) };
      if (random.next() < 0.7) messages.push({ ...at, type: 'quote', bid: level[i]! / 100, bidSize: 1 + Math.floor(random.next() * 9), ask: (level[i]! + 1) / 100, askSize: 1 + Math.floor(random.next() * 9) });
      else messages.push({ ...at, type: 'trade', price: level[i]! / 100, size: 1 + Math.floor(random.next() * 9), side: random.next() < 0.5 ? 'buy' : 'sell' });
    }
  }
  const endTs = START_TS + STEPS * STEP_MS * 1_000;
  messages.push({ v: 1, type: 'clock', tsInit: endTs }, { v: 1, type: 'status', tsInit: endTs, status: { kind: 'end' } });
  return messages;
}
const MESSAGES = makeMessages();

export function openTinySource(chunk: number): Source {
  return {
    kind: 'recording', title: 'tiny', instruments: INSTRUMENTS, counts: { trades: 0, quotes: 0, dropped: {} },
    async *messages(signal) {
      for (let i = 0; i < MESSAGES.length && !signal.aborted; i += chunk) yield MESSAGES.slice(i, i + chunk);
    },
  };
}

export const modelFile = new TextEncoder().encode('the sum of all known features, in thousandths');
const { features, hash } = featureSchema(STEP_MS);
const sha256 = createHash('sha256').update(modelFile).digest('hex');
export const card: ModelCard = {
  v: 1, model: `other-${sha256.slice(0, 12)}`, sha256, universe: 'u', features: features.map(({ name }) => name), schema: hash,
  horizons: HORIZONS_MS.map((horizonMs) => ({ horizonMs, family: 'other', residualQuantiles: Array.from({ length: 100 }, (_, i) => (i - 49.5) / 50) })),
  scaleFeature: features.find(({ name }) => name.startsWith('vol'))!.name, scaleFloorBps: 0.5,
  trained: { fromTs: START_TS, toTs: START_TS, rows: 1, frames: 1, symbols: INSTRUMENTS }, metrics: [], versions: {},
};
export const promotedFrom = config.training.untilTs!;

/** In place of onnxruntime. */
export const openTinyModel: typeof loadSession = async () => ({
  async predict(rows, n) {
    const width = rows.length / n;
    return Float32Array.from({ length: n * HORIZONS_MS.length }, (_, i) => {
      const row = rows.subarray(Math.floor(i / HORIZONS_MS.length) * width, (Math.floor(i / HORIZONS_MS.length) + 1) * width);
      return row.reduce((sum, value) => (Number.isFinite(value) ? sum + Math.sign(value) : sum), i % HORIZONS_MS.length) / 1_000;
    });
  },
  release: async () => undefined,
});
