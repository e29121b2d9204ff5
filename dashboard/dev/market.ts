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
  const coins = Array.from({ length: symbols }, (_, i) => createCoin(i, random));
  const find = (id: string): Coin => coins.find((coin) => coin.id === id)!;
  let frames = 0;
  const firstTs = (): number => startTs + (frames - coins[0]!.mids.length) * SECOND_US;
  const nowTs = (): number => firstTs() + coins[0]!.mids.length * SECOND_US;
  const indexOf = (ts: number): number => Math.max(0, Math.ceil((ts - firstTs()) / SECOND_US));
  const step = (): void => {
    const common = normal(random);
    for (const coin of coins) move(coin, common, frames, random);
    frames += 1;
  };
  for (let i = 0; i < 2_400; i += 1) step();

  return {
    instruments: coins.map(({ id }) => id),
    nowTs,
    step,
    price: (id) => ({ v: 1, ts: nowTs(), ...quote(find(id), random) }),
    prediction(id) {
      const coin = find(id);
      const at = coin.mids.length - 1;
      const frameTs = firstTs() + at * SECOND_US;
      return {
        v: 1, frameTs, madeAt: frameTs, late: false, model: withModel ? MODEL : null, refPrice: coin.mids[at]!, flags: id.includes('AVAX') ? 1 : id.includes('DOGE') ? 6 : 0,
        horizons: HORIZONS_MS.map((horizonMs) => ({ horizonMs, ...(withModel ? forecast(coin, at, horizonMs) : NO_FORECAST) })),
      };
    },
    judged: (id, horizonMs, fromTs, limit) => (withModel ? judge(find(id), firstTs(), horizonMs).slice(indexOf(fromTs)).slice(-limit) : []),
    closes: (id, fromTs, limit) => find(id).mids.map((close, at) => ({ ts: firstTs() + (at - 1) * SECOND_US, close })).slice(indexOf(fromTs)).slice(-limit),
    score(symbol, horizonMs) {
      const rows = (symbol === '*' ? coins : [find(symbol)]).flatMap((coin) => judge(coin, firstTs(), horizonMs).filter((_, at) => at % (horizonMs / 1_000) === 0));
      return scoreFrom(rows.filter(({ realisedBps }) => realisedBps !== null), symbol, horizonMs);
    },
  };
}

/** The sum of twelve: near enough. */
const normal = (random: () => number): number => Array.from({ length: 12 }, random).reduce((sum, one) => sum + one, 0) - 6;
const round = (value: number, { decimals }: Coin): number => Number(value.toFixed(decimals));

function createCoin(i: number, random: () => number): Coin {
  const level = PRICES[i % PRICES.length]! * (i < PRICES.length ? 1 : 0.5 + random());
  const decimals = Math.max(1, 5 - Math.ceil(Math.log10(level)));
  const name = i < NAMES.length ? NAMES[i]! : `SYM${String(i).padStart(3, '0')}`;
  return { id: `sim.${name}`, tick: 10 ** -decimals, decimals, vol: 0.7 + 1.1 * random(), mids: [], signals: [], level };
}

function move(coin: Coin, common: number, frame: number, random: () => number): void {
  const before = coin.signals.at(-1) ?? 0;
  const signal = 0.85 * before + normal(random) * 0.5;
  const busy = 1 + 0.6 * Math.sin(frame / 240);
  coin.level *= Math.exp((coin.vol * busy * (0.33 * before + 0.35 * common + 0.75 * normal(random))) / 10_000);
  coin.signals.push(signal);
  coin.mids.push(round(coin.level, coin));
  if (coin.mids.length > MAX_FRAMES) coin.mids.shift(), coin.signals.shift();
}

/** Between frames it flickers around the mid. */
function quote(coin: Coin, random: () => number): Pick<LatestPrice, 'mid' | 'bid' | 'ask' | 'bidSize' | 'askSize' | 'last'> {
  const mid = round(coin.level * (1 + ((random() - 0.5) * coin.vol) / 20_000), coin);
  const bid = round(mid - coin.tick * Math.ceil(random() * 2), coin);
  const ask = round(mid + coin.tick, coin);
  return { mid: (bid + ask) / 2, bid, ask, bidSize: 40 * random(), askSize: 40 * random(), last: random() < 0.5 ? bid : ask };
}

const NO_FORECAST = { retBps: null, loBps: null, hiBps: null, pUp: null };

function forecast(coin: Coin, at: number, horizonMs: number): { retBps: number; loBps: number; hiBps: number; pUp: number } {
  const steps = horizonMs / 1_000;
  const retBps = coin.vol * 0.28 * coin.signals[at]! * ((1 - 0.85 ** steps) / 0.15);
  const half = 1.5 * coin.vol * Math.sqrt(steps) * (1 + 0.5 * Math.sin(at / 240));
  return { retBps, loBps: retBps - half, hiBps: retBps + half, pUp: 1 / (1 + Math.exp(-1.7 * (retBps / (half / 1.64)))) };
}

/** The forecasts of all its frames, and what then happened. */
const judge = (coin: Coin, firstTs: number, horizonMs: number): JudgedPrediction[] => coin.mids.map((mid, at) => {
  const later = coin.mids[at + horizonMs / 1_000];
  return {
    frameTs: firstTs + at * SECOND_US, horizonMs, role: 'champion', model: MODEL, late: false, refPrice: mid,
    ...forecast(coin, at, horizonMs), realisedBps: later === undefined ? null : Math.log(later / mid) * 10_000,
  };
});

const BLOCK_US = 120 * SECOND_US;

/** Of rows whose outcomes are known. */
function scoreFrom(rows: readonly JudgedPrediction[], symbol: string, horizonMs: number): Score {
  const blocks = Map.groupBy(rows, ({ frameTs }) => Math.floor(frameTs / BLOCK_US));
  const sums = (list: readonly JudgedPrediction[]): [number, number] => list.reduce(([e, e0], { realisedBps, retBps }) => [e + (realisedBps! - retBps!) ** 2, e0 + realisedBps! ** 2], [0, 0]);
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
