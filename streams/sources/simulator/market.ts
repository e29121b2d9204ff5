/**
 * The hidden side of the simulated market: how mids move. Pure; a function of seed and options. In steps of 200 ms:
 *
 *   return of symbol i in step k     r = σ (a s + √(1 − a²) ε)
 *   signal                           s' = φ s + √(1 − φ²) η              stationary, unit variance (an OU process, sampled exactly)
 *   shock                            ε = β z + √(1 − β²) e               z is the market's, e the symbol's own
 *   volatility                       σ = σ_i exp(√v₁ f + √v₂ g)          f: the symbol's, fast; g: the market's, slow; both OU like s
 *
 *  1. Without predictability a = 0: the signal is still drawn and still shows in the book, and means nothing.
 *  2. A mid is an integer number of ticks and moves by x·r rounded up or down at random so that the mean is exactly x·r.
 *     So rounding adds no pull back to a hidden price: with a = 0 the mid that is quoted is itself a martingale.
 *  3. All symbols move at the same instants, so no symbol's quote tells of a move that another has yet to show.
 */
import { createRandom, type Random } from '../../../quant/random.ts';

export const STEP_MS = 200;
/** Memory of the signal and of the two volatilities, ms. */
const SIGNAL_MEMORY_MS = 4_000;
const FAST_MEMORY_MS = 15_000;
const SLOW_MEMORY_MS = 600_000;
const persistence = (memoryMs: number): number => Math.exp(-STEP_MS / memoryMs);

/** The constants of the formulas above; skill.ts derives from them what can be forecast. */
export const MARKET = {
  signalShare: 0.08,
  signalPersistence: persistence(SIGNAL_MEMORY_MS),
  fastVariance: 0.12,
  fastPersistence: persistence(FAST_MEMORY_MS),
  slowVariance: 0.12,
  slowPersistence: persistence(SLOW_MEMORY_MS),
} as const;
const MARKET_BETA = 0.6;

export const TICKS_PER_UNIT = 10_000;
/** A tick is at most 0.02 bps of these: far below the step's volatility, so rounding adds less than 0.1 % to the variance. */
const START_PRICES = [112.5, 348.2, 64.8, 871, 205.4, 93.1, 1_540, 441.7];
/** Median volatility of a step: 0.5 bps a step is 1.1 bps a second and 3 % a day. */
const STEP_VOLATILITY = [0.5e-4, 0.4e-4, 0.65e-4, 0.55e-4];

export interface MarketOptions { readonly seed: number; readonly symbols: number; readonly predictable: boolean }

export interface Asset {
  readonly midTicks: number;
  readonly signal: number;
  /** The symbol's own log-volatility state, standard normal. */
  readonly fast: number;
  /** Volatility now ÷ its median. */
  readonly activity: number;
  /** Median volatility of a step. */
  readonly baseVolatility: number;
}

export interface Market {
  readonly assets: readonly Asset[];
  /** The market's log-volatility state, standard normal. */
  slow(): number;
  /** Moves every asset by one step. */
  step(): void;
}

export function createMarket(options: MarketOptions): Market {
  const random = createRandom(options.seed);
  const share = options.predictable ? MARKET.signalShare : 0;
  const noise = Math.sqrt(1 - share * share);
  const own = Math.sqrt(1 - MARKET_BETA * MARKET_BETA);
  const fastScale = Math.sqrt(MARKET.fastVariance);
  const slowScale = Math.sqrt(MARKET.slowVariance);
  let slow = random.normal();
  const assets = Array.from({ length: options.symbols }, (_, i) => ({
    midTicks: Math.round(START_PRICES[i % START_PRICES.length]! * TICKS_PER_UNIT),
    signal: random.normal(),
    fast: random.normal(),
    activity: 1,
    baseVolatility: STEP_VOLATILITY[i % STEP_VOLATILITY.length]!,
  }));
  const setActivity = (): void => {
    for (const asset of assets) asset.activity = Math.exp(fastScale * asset.fast + slowScale * slow);
  };
  setActivity();
  return {
    assets,
    slow: () => slow,
    step() {
      const marketShock = MARKET_BETA * random.normal();
      for (const asset of assets) {
        const shock = marketShock + own * random.normal();
        const change = asset.midTicks * asset.baseVolatility * asset.activity * (share * asset.signal + noise * shock);
        asset.midTicks += Math.floor(change + random.next());
        asset.signal = advance(asset.signal, MARKET.signalPersistence, random);
        asset.fast = advance(asset.fast, MARKET.fastPersistence, random);
      }
      slow = advance(slow, MARKET.slowPersistence, random);
      setActivity();
    },
  };
}

const advance = (state: number, persistent: number, random: Random): number => persistent * state + Math.sqrt(1 - persistent * persistent) * random.normal();
