/**
 * A small invented market for looking at the dashboard: prices with a weak hidden signal, forecasts that know some of it,
 * and scores computed from what then happened. Seeded, so that screenshots repeat. Only for development and tests.
 */
import type { JudgedPrediction } from '../../sdk/api.ts';
import type { LatestPrediction, LatestPrice } from '../../streams/messages/latest.ts';
import type { Score } from '../../streams/messages/score.ts';

export const HORIZONS_MS = [1_000, 5_000, 30_000];
export const MODEL = 'lightgbm-4f9a1c77d2e0';
const SECOND_US = 1_000_000;
const MAX_FRAMES = 7_200;
const NAMES = ['BTCUSDT', 'ETHUSDT', 'SOLUSDT', 'XRPUSDT', 'ADAUSDT', 'LINKUSDT', 'AVAXUSDT', 'DOGEUSDT'];
const PRICES = [64_210.1, 3_412.52, 171.34, 0.5281, 0.4466, 17.212, 36.41, 0.13872];

/** mulberry32. */
export function createRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

interface Coin { id: string; tick: number; decimals: number; vol: number; mids: number[]; signals: number[]; level: number }
export interface Market {
  readonly instruments: readonly string[];
  readonly nowTs: () => number;
  /** Moves the market by one second: one frame. */
  step(): void;
  price(id: string): LatestPrice;
  prediction(id: string): LatestPrediction;
  judged(id: string, horizonMs: number, fromTs: number, limit: number): JudgedPrediction[];
  closes(id: string, fromTs: number, limit: number): { ts: number; close: number }[];
  score(symbol: string, horizonMs: number): Score;
}

export function createMarket(seed: number, symbols: number, startTs: number, withModel: boolean): Market {
  const random = createRandom(seed);
  const normal = (): number => random() + random() + random() + random() + random() + random() + random() + random() + random() + random() + random() + random() - 6;
  const coins: Coin[] = Array.from({ length: symbols }, (_, i) => {
    const level = PRICES[i % PRICES.length]! * (i < PRICES.length ? 1 : 0.5 + random());
    const decimals = Math.max(1, 5 - Math.ceil(Math.log10(level)));
    const name = i < NAMES.length ? NAMES[i]! : `SYM${String(i).padStart(3, '0')}`;
    return { id: `sim.${name}`, tick: 10 ** -decimals, decimals, vol: 0.7 + 1.1 * random(), mids: [], signals: [], level };
  });
  const find = (id: string): Coin => coins.find((coin) => coin.id === id)!;
  let frames = 0;
  const firstTs = (): number => startTs + (frames - coins[0]!.mids.length) * SECOND_US;
  const round = (value: number, { decimals }: Coin): number => Number(value.toFixed(decimals));

  const step = (): void => {
    const common = normal();
    for (const coin of coins) {
      const signal = 0.85 * (coin.signals.at(-1) ?? 0) + normal() * 0.5;
      const busy = 1 + 0.6 * Math.sin(frames / 240);
      coin.level *= Math.exp((coin.vol * busy * (0.33 * (coin.signals.at(-1) ?? 0) + 0.35 * common + 0.75 * normal())) / 10_000);
      coin.signals.push(signal);
      coin.mids.push(round(coin.level, coin));
      if (coin.mids.length > MAX_FRAMES) coin.mids.shift(), coin.signals.shift();
    }
    frames += 1;
  };
  const forecast = (coin: Coin, at: number, horizonMs: number): { retBps: number; loBps: number; hiBps: number; pUp: number } => {
    const steps = horizonMs / 1_000;
    const retBps = coin.vol * 0.28 * coin.signals[at]! * ((1 - 0.85 ** steps) / 0.15);
    const half = 1.5 * coin.vol * Math.sqrt(steps) * (1 + 0.5 * Math.sin(at / 240));
    return { retBps, loBps: retBps - half, hiBps: retBps + half, pUp: 1 / (1 + Math.exp(-1.7 * (retBps / (half / 1.64)))) };
  };
  const judge = (coin: Coin, at: number, horizonMs: number): JudgedPrediction => {
    const later = coin.mids[at + horizonMs / 1_000];
    return {
      frameTs: firstTs() + at * SECOND_US, horizonMs, role: 'champion', model: MODEL, late: false, refPrice: coin.mids[at]!,
      ...forecast(coin, at, horizonMs), realisedBps: later === undefined ? null : Math.log(later / coin.mids[at]!) * 10_000,
    };
  };
  for (let i = 0; i < 2_400; i += 1) step();

  return {
    instruments: coins.map(({ id }) => id),
    nowTs: () => firstTs() + coins[0]!.mids.length * SECOND_US,
    step,
    price(id) {
      const coin = find(id);
      // Between frames the quote flickers around the mid.
      const mid = round(coin.level * (1 + ((random() - 0.5) * coin.vol) / 20_000), coin);
      const bid = round(mid - coin.tick * Math.ceil(random() * 2), coin);
      const ask = round(mid + coin.tick, coin);
      return { v: 1, ts: this.nowTs(), mid: (bid + ask) / 2, bid, ask, bidSize: 40 * random(), askSize: 40 * random(), last: random() < 0.5 ? bid : ask };
    },
    prediction(id) {
      const coin = find(id);
      const at = coin.mids.length - 1;
      const none = { retBps: null, loBps: null, hiBps: null, pUp: null };
      return {
        v: 1, frameTs: firstTs() + at * SECOND_US, madeAt: firstTs() + at * SECOND_US, late: false, model: withModel ? MODEL : null, refPrice: coin.mids[at]!,
        flags: id.includes('AVAX') ? 1 : id.includes('DOGE') ? 6 : 0,
        horizons: HORIZONS_MS.map((horizonMs) => ({ horizonMs, ...(withModel ? forecast(coin, at, horizonMs) : none) })),
      };
    },
    judged(id, horizonMs, fromTs, limit) {
      const coin = find(id);
      const from = Math.max(0, Math.ceil((fromTs - firstTs()) / SECOND_US));
      return withModel ? coin.mids.map((_, at) => at).slice(from).slice(-limit).map((at) => judge(coin, at, horizonMs)) : [];
    },
    closes(id, fromTs, limit) {
      const coin = find(id);
      const from = Math.max(0, Math.ceil((fromTs - firstTs()) / SECOND_US));
      return coin.mids.map((close, at) => ({ ts: firstTs() + (at - 1) * SECOND_US, close })).slice(from).slice(-limit);
    },
    score: (symbol, horizonMs) => scoreFrom((symbol === '*' ? coins : [find(symbol)]).map((coin) => coin.mids.flatMap((_, at) => (at % (horizonMs / 1_000) === 0 ? [judge(coin, at, horizonMs)] : []))), symbol, horizonMs),
  };
}

const BLOCK_US = 120 * SECOND_US;

function scoreFrom(perCoin: JudgedPrediction[][], symbol: string, horizonMs: number): Score {
  const rows = perCoin.flat().filter(({ realisedBps }) => realisedBps !== null);
  const blocks = Map.groupBy(rows, ({ frameTs }) => Math.floor(frameTs / BLOCK_US));
  const sums = (list: JudgedPrediction[]): [number, number] => list.reduce(([e, e0], { realisedBps, retBps }) => [e + (realisedBps! - retBps!) ** 2, e0 + realisedBps! ** 2], [0, 0]);
  const [e, e0] = sums(rows);
  const skills = [...blocks.values()].filter((list) => list.length >= 20).map(sums).map(([a, b]) => 1 - a / b);
  const skill = 1 - e / e0;
  const error = (1.96 * Math.sqrt(skills.reduce((sum, s) => sum + (s - skill) ** 2, 0) / skills.length)) / Math.sqrt(skills.length);
  const moved = rows.filter(({ realisedBps }) => realisedBps !== 0);
  const ups = moved.filter(({ realisedBps }) => realisedBps! > 0).length / moved.length;
  const product = rows.reduce((sum, { realisedBps, retBps }) => sum + realisedBps! * retBps!, 0);
  const power = rows.reduce((sum, { retBps }) => sum + retBps! ** 2, 0);
  return {
    model: MODEL, role: 'champion', horizonMs, symbol, n: rows.length, late: 0, blocks: horizonMs === 30_000 ? 14 : blocks.size, tooLittleData: horizonMs === 30_000 && symbol !== '*',
    skill, skillLo: skill - error, skillHi: skill + error, hitRate: moved.filter(({ realisedBps, retBps }) => realisedBps! * retBps! > 0).length / moved.length,
    baseRate: Math.max(ups, 1 - ups), zeroShare: 1 - moved.length / rows.length, ic: product / Math.sqrt(power * e0),
    coverage: rows.filter(({ realisedBps, loBps, hiBps }) => realisedBps! >= loBps! && realisedBps! <= hiBps!).length / rows.length,
    intervalScoreBps: 5.1, rmseBps: Math.sqrt(e / rows.length), naiveRmseBps: Math.sqrt(e0 / rows.length),
  };
}
