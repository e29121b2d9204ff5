/** What the invented gateway answers over REST, built from its invented market. */
import type { HealthInfo, ModelsInfo, UniverseInfo } from '../../sdk/api.ts';
import type { Score } from '../../streams/messages/score.ts';
import { HORIZONS_MS, MODEL, type Market } from './market.ts';

export const START_TS = Date.UTC(2026, 10, 24, 14, 0, 0) * 1_000;
const TITLES = { simulated: 'Simulated market, seed 7, a planted signal; no real prices', recording: 'Recording: binance-usdm', live: 'Binance USD-M futures, live public data' };

export interface Answers {
  health(): HealthInfo;
  scoresOf(symbol: string): Score[];
  /** The body for a path below /api/v1/; undefined for what isn't there. */
  answer(path: string, query: URLSearchParams): unknown;
}

export function createAnswers(market: Market, kind: UniverseInfo['market'], withModel: boolean): Answers {
  const universe: UniverseInfo = { name: 'main', feed: 'main', market: kind, title: TITLES[kind], instruments: [...market.instruments], stepMs: 1_000, horizonsMs: HORIZONS_MS };
  const scoresOf = (symbol: string): Score[] => (withModel ? HORIZONS_MS.map((horizonMs) => market.score(symbol, horizonMs)) : []);
  return {
    health: () => health(market, withModel),
    scoresOf,
    answer(path, query) {
      const instrument = query.get('instrument') ?? '';
      const from = Number(query.get('from') ?? 0), limit = Number(query.get('limit') ?? 1_000);
      const known = market.instruments.includes(instrument);
      if (path === 'universes') return [universe];
      if (path === 'health') return health(market, withModel);
      if (path === 'models') return models(universe.instruments, withModel);
      if (path === 'scores') return { frameTs: market.nowTs(), scores: scoresOf('*') };
      if (path === 'bars' && known) return market.closes(instrument, from, limit).map(({ ts, close }) => ({ ts, open: close, high: close, low: close, close, volume: 1, trades: 3 }));
      if (path === 'predictions' && known) return market.judged(instrument, Number(query.get('horizonMs')), from, limit);
      return undefined;
    },
  };
}

function health(market: Market, withModel: boolean): HealthInfo {
  const frames = Math.round((market.nowTs() - START_TS) / 1_000_000) + 2_400;
  const service = (name: string, detail: string, cursors: Record<string, number>, state: HealthInfo['services'][number]['state'] = 'running', counts: Record<string, number> = {}) =>
    ({ service: name, state, detail, cursors, counts, pid: 4_000 + name.length, ageSeconds: 1 });
  const services = [
    service('source', 'simulator, seed 7, paced at 1×', { 'TICKS-simulator': frames * 63 }, 'running', { trades: frames * 11, quotes: frames * 42, 'dropped: malformed': 3 }),
    service('features', '41 features, none warming up', { 'TICKS-simulator': frames * 63, FEATURES: frames }),
    service('inference', withModel ? `champion ${MODEL}` : 'no model yet', { FEATURES: frames, PREDICTIONS: frames }),
    service('outcomes', withModel ? 'scores every 60 frames' : 'no model yet', { FEATURES: frames, PREDICTIONS: frames, OUTCOMES: frames }),
    service('recorder', 'SQLite, 2 streams up to date', { 'TICKS-simulator': frames * 63 - 21, PREDICTIONS: frames, OUTCOMES: frames }),
    service('trainer', withModel ? 'idle; the first model was trained in 4.1 s' : 'waiting for 4 more minutes of history', {}, withModel ? 'running' : 'waiting'),
  ];
  return { ok: true, version: '0.1.0', services };
}

function models(symbols: string[], withModel: boolean): ModelsInfo {
  if (!withModel) return { champion: null, events: [], card: null };
  const at = START_TS - 900_000_000;
  const event = (kind: 'registered' | 'promoted', why: string) => ({ v: 1 as const, universe: 'main', kind, model: MODEL, sha256: '4f9a1c77d2e0'.padEnd(64, '0'), fromFrame: at, who: 'trainer', why, evidence: {}, at });
  const skills: Record<string, number[]> = { microprice: [0.064, 0.041, 0.008], ridge: [0.071, 0.052, -0.006], lightgbm: [0.083, 0.061, 0.012] };
  const card = {
    v: 1, model: MODEL, sha256: '4f9a1c77d2e0'.padEnd(64, '0'), universe: 'main', schema: 'f3a9c2d1', scaleFeature: 'vol-ewma-30s', scaleFloorBps: 0.05,
    features: Array.from({ length: 41 }, (_, i) => ['microprice-scaled', 'spread', 'log-return-1s', 'log-return-5s', 'log-return-30s', 'order-flow-imbalance-1s', 'order-flow-imbalance-5s', 'imbalance', 'vol-ewma-30s'][i] ?? `feature-${i}`),
    horizons: HORIZONS_MS.map((horizonMs) => ({ horizonMs, family: 'lightgbm', residualQuantiles: [] })),
    trained: { fromTs: START_TS - 4_500_000_000, toTs: at, rows: 28_800, frames: 3_600, symbols },
    metrics: Object.entries(skills).flatMap(([family, list]) => list.map((skill, i) => ({ family, horizonMs: HORIZONS_MS[i]!, skill, ic: Math.sqrt(Math.max(0, skill)), rows: 14_400, folds: 4, chosen: family === 'lightgbm' }))),
    versions: { foretick: '0.1.0', lightgbm: '4.6.0', onnxruntime: '1.30.0' },
  };
  return { champion: MODEL, events: [event('registered', 'trained on the first hour'), event('promoted', 'first model: best of three families in walk-forward')], card };
}
