/** A small world for the tests of the gateway: two instruments, a temporary SQLite store, no NATS. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { UniverseInfo } from '../sdk/api.ts';
import type { HistoryStore } from '../store/history.ts';
import { openStore } from '../store/open.ts';
import { encodeFeedMessage } from '../streams/messages/feed.ts';
import { encodeRows, type Frame } from '../streams/messages/frame.ts';
import type { ModelEvent } from '../streams/messages/model.ts';
import type { Score } from '../streams/messages/score.ts';
import type { GatewayData } from './data.ts';
import { createHealthBoard } from './healthBoard.ts';
import { createHub, type Hub } from './hub.ts';

export const TOKEN = 'a-token-of-enough-characters';
export const BTC = 'sim.BTC';
export const ETH = 'sim.ETH';
export const UNIVERSE: UniverseInfo = {
  name: 'main', feed: 'sim', market: 'simulated', title: 'Simulated market', instruments: [BTC, ETH], stepMs: 1_000, horizonsMs: [1_000, 5_000],
};
export const FRAME: Frame = {
  v: 1, universe: 'main', ts: 3_000_000, schema: 'abc', symbols: [BTC, ETH], rows: encodeRows(Float32Array.of(1, Number.NaN, 3, 4)), mid: [100.5, null], flags: [0, 12],
};
export const PROMOTED: ModelEvent = {
  v: 1, universe: 'main', kind: 'promoted', model: 'ridge-0123', sha256: 'a'.repeat(64), fromFrame: 2_000_000, who: 'trainer', why: 'first model', evidence: {}, at: 5,
};
const SCORE: Score = {
  model: 'ridge-0123', role: 'champion', horizonMs: 1_000, symbol: BTC, n: 60, late: 0, blocks: 12, tooLittleData: true, skill: 0.1, skillLo: -0.1, skillHi: 0.2,
  hitRate: 0.5, baseRate: 0.5, zeroShare: 0, ic: 0.1, coverage: 0.9, intervalScoreBps: 4, rmseBps: 1, naiveRmseBps: 1.1,
};

export interface FakeWorld { readonly data: GatewayData; readonly hub: Hub; readonly store: HistoryStore; close(): Promise<void> }

export async function openFakeWorld(): Promise<FakeWorld> {
  const dir = mkdtempSync(join(tmpdir(), 'foretick-gateway-'));
  const store = openStore(`sqlite:${join(dir, 'history.db')}`);
  await fill(store);
  const hub: Hub = createHub(UNIVERSE.instruments, () => setImmediate(() => hub.flush()));
  const board = createHealthBoard('1.2.3');
  board.take({ service: 'features', state: 'running', detail: '', cursors: { FEATURES: 7 }, pid: 1, metricsUrl: '' }, 0);
  const data: GatewayData = {
    universes: [UNIVERSE], latest: hub.latest, history: () => store, latestFrame: async () => FRAME, featureNames: () => ['mp_dev_bps', 'spread_bps'],
    online: async ({ name }, instruments) => ({ universe: name, from: 'memory', writtenAt: 4_000_000, detail: '', instruments: instruments.map((instrument) => ({ instrument, ...hub.latest(instrument), frame: null })) }),
    modelEvents: () => [PROMOTED], card: async () => null, health: () => board.view(1_000_000),
  };
  return {
    data, hub, store,
    close: async () => {
      await store.close();
      rmSync(dir, { recursive: true, force: true });
    },
  };
}

/** Ten ticks, three bars, three predictions of which two have matured, one score. */
async function fill(store: HistoryStore): Promise<void> {
  const rows = Array.from({ length: 10 }, (_, i) => {
    const ts = 1_000_000 + i * 1_000;
    const { subject, body } = encodeFeedMessage('sim', i % 2 === 0
      ? { v: 1, type: 'trade', instrument: BTC, price: 100 + i, size: 1, side: 'buy', id: String(i), tsEvent: ts, tsInit: ts }
      : { v: 1, type: 'quote', instrument: BTC, bid: 100 + i, bidSize: 1, ask: 101 + i, askSize: 2, tsEvent: ts, tsInit: ts });
    return { seq: i + 1, subject, tsInit: ts, body };
  });
  const frames = [1_000_000, 2_000_000, 3_000_000];
  const about = { universe: 'main', instrument: BTC, horizonMs: 1_000, role: 'champion', model: 'ridge-0123' };
  await store.write({
    cursors: { 'TICKS-sim': 10 },
    feed: { name: 'sim', rows },
    bars: frames.map((ts) => ({ instrument: BTC, intervalMs: 1_000, ts, open: 1, high: 2, low: 0.5, close: 1.5, volume: 3, trades: 4 })),
    predictions: frames.map((frameTs) => ({ ...about, frameTs, late: false, refPrice: 100, retBps: 0.5, loBps: -1, hiBps: 2, pUp: 0.6 })),
    outcomes: frames.slice(0, 2).map((predictedTs) => ({ ...about, predictedTs, realisedBps: 0.25 })),
    scores: [{ ...SCORE, universe: 'main', frameTs: 3_000_000 }],
  });
}
