/**
 * The visible side of the simulated market: one symbol's quotes and trades in a step. Pure.
 *
 *   imbalance   (bidSize − askSize) ÷ (bidSize + askSize) = tanh(c y / 2),  y = signal + noise,  c = 1.2
 *   spread      symmetric around the mid, in proportion to the volatility, so microprice − mid is in units of the next move
 *   depth       log-normal, with memory, thinner when the symbol is active
 *   trades      more of them when the symbol is active; bought with probability ½ (1 + ½ tanh(signal))
 *
 * Nothing here knows of a later mid except through the signal, and nothing here moves the mid.
 */
import type { Random } from '../../../quant/random.ts';
import { toInstrumentId } from '../../instrument.ts';
import type { Quote, Trade } from '../../messages/tick.ts';
import { type Asset, MARKET, STEP_MS, TICKS_PER_UNIT } from './market.ts';

const STEP_US = STEP_MS * 1_000;
/** A step's first quote comes in its first 90 ms, a second one in the 90 ms after half time: each grid time sees all symbols alike. */
const QUOTE_WITHIN_US = 90_000;
const SECOND_QUOTE_AFTER_US = 100_000;
/** Chance of a second quote, and mean number of trades, in a step of median activity. */
const SECOND_QUOTE_CHANCE = 0.2;
const TRADES_PER_STEP = 0.24;
const MAX_TRADES_PER_STEP = 8;
const HALF_SPREAD = 0.4e-4;
const SPREAD_WOBBLE = 0.15;
const MEDIAN_DEPTH = 800;
const DEPTH_MEMORY = 0.98;
const DEPTH_WOBBLE = 0.5;
const IMBALANCE_SLOPE = 1.2;
const IMBALANCE_NOISE = 0.35;
const FLOW_TILT = 0.5;
const TRADE_SIZE_LOG_MEAN = 2.5;
const TRADE_SIZE_LOG_SD = 1;

/** Trades and quotes of one symbol in a second of known time, on average over all moods of the market: activity is log-normal. */
export const MEAN_TICKS_PER_SECOND = (1_000 / STEP_MS) * (1 + (SECOND_QUOTE_CHANCE + TRADES_PER_STEP) * Math.exp((MARKET.fastVariance + MARKET.slowVariance) / 2));

export interface Book {
  /** Pushes what the symbol shows in the step that begins at `fromTs`, µs. */
  step(asset: Asset, fromTs: number, push: (tick: Quote | Trade) => void): void;
}

export function createBook(symbol: string, random: Random): Book {
  const instrument = toInstrumentId('sim', symbol);
  let depthState = random.normal();
  let trades = 0;

  const quoteAt = (asset: Asset, ts: number): Quote => {
    depthState = DEPTH_MEMORY * depthState + Math.sqrt(1 - DEPTH_MEMORY * DEPTH_MEMORY) * random.normal();
    const half = Math.max(1, Math.round(asset.midTicks * HALF_SPREAD * asset.activity * Math.exp(SPREAD_WOBBLE * random.normal())));
    const depth = MEDIAN_DEPTH * Math.exp(DEPTH_WOBBLE * depthState) / Math.sqrt(asset.activity);
    const bidShare = 1 / (1 + Math.exp(-IMBALANCE_SLOPE * (asset.signal + IMBALANCE_NOISE * random.normal())));
    return {
      v: 1, type: 'quote', bid: (asset.midTicks - half) / TICKS_PER_UNIT, bidSize: Math.max(1, Math.round(depth * bidShare)),
      ask: (asset.midTicks + half) / TICKS_PER_UNIT, askSize: Math.max(1, Math.round(depth * (1 - bidShare))), tsEvent: ts, tsInit: ts, instrument,
    };
  };

  const tradeAt = (asset: Asset, quote: Quote, ts: number): Trade => {
    const buys = random.next() < 0.5 * (1 + FLOW_TILT * Math.tanh(asset.signal));
    const size = Math.ceil(Math.exp(TRADE_SIZE_LOG_MEAN + TRADE_SIZE_LOG_SD * random.normal()));
    trades++;
    return {
      v: 1, type: 'trade', price: buys ? quote.ask : quote.bid, size: Math.min(size, buys ? quote.askSize : quote.bidSize),
      side: buys ? 'buy' : 'sell', id: String(trades), tsEvent: ts, tsInit: ts, instrument,
    };
  };

  return {
    step(asset, fromTs, push) {
      const first = quoteAt(asset, fromTs + Math.floor(random.next() * QUOTE_WITHIN_US));
      push(first);
      let last = first;
      if (random.next() < SECOND_QUOTE_CHANCE * asset.activity) {
        last = quoteAt(asset, fromTs + SECOND_QUOTE_AFTER_US + Math.floor(random.next() * QUOTE_WITHIN_US));
        push(last);
      }
      for (let n = poisson(TRADES_PER_STEP * asset.activity, random); n > 0; n--) {
        const ts = first.tsInit + 1 + Math.floor(random.next() * (fromTs + STEP_US - first.tsInit - 1));
        push(tradeAt(asset, ts >= last.tsInit ? last : first, ts));
      }
    },
  };
}

/** Knuth's method, for small means; at most MAX_TRADES_PER_STEP. */
function poisson(mean: number, random: Random): number {
  const limit = Math.exp(-mean);
  let count = 0;
  for (let product = random.next(); product > limit && count < MAX_TRADES_PER_STEP; product *= random.next()) count++;
  return count;
}
