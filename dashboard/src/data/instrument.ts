/** What the page knows of one instrument, as signals. Bounded: the newest of each kind, and two minutes of prices. */
import { createSignal, type Accessor } from 'solid-js';
import { fromInstrumentId } from '../../../streams/instrument.ts';
import type { LatestPrediction, LatestPrice, LatestScore } from '../../../streams/messages/latest.ts';
import { decimalsOf } from '../model/format.ts';
import { createPriceSeries, type PricePoint } from '../model/priceSeries.ts';

export const STEP_US = 1_000_000;
export const SPARK_POINTS = 120;

export interface Instrument {
  readonly id: string;
  readonly venue: string;
  readonly symbol: string;
  readonly universe: string;
  readonly price: Accessor<LatestPrice | null>;
  readonly prediction: Accessor<LatestPrediction | null>;
  readonly score: Accessor<LatestScore | null>;
  /** Changes once a step, not with every tick. */
  readonly recent: Accessor<readonly PricePoint[]>;
  readonly decimals: Accessor<number>;
  setPrice(price: LatestPrice): void;
  setPrediction(prediction: LatestPrediction): void;
  setScore(score: LatestScore): void;
  backfill(points: readonly PricePoint[]): void;
}

/** The price to show: the mid, or the last trade where there are no quotes. */
export const shownPrice = (price: LatestPrice | null): number | null => price?.mid ?? price?.last ?? null;

export function createInstrument(id: string, universe: string): Instrument {
  const { venue, symbol } = fromInstrumentId(id);
  const [price, setPrice] = createSignal<LatestPrice | null>(null);
  const [prediction, setPrediction] = createSignal<LatestPrediction | null>(null);
  const [score, setScore] = createSignal<LatestScore | null>(null);
  const [recent, setRecent] = createSignal<readonly PricePoint[]>([]);
  const [decimals, setDecimals] = createSignal(0);
  const series = createPriceSeries(STEP_US, SPARK_POINTS);
  return {
    id, venue, symbol, universe, price, prediction, score, recent, decimals,
    setPrice(value) {
      setPrice(value);
      // A mid of two quotes has one digit more than they have; the number of digits only grows, so columns stay put.
      const quoted = value.bid === null ? decimalsOf(value.last) : Math.max(decimalsOf(value.bid), decimalsOf(value.ask)) + 1;
      setDecimals((now) => Math.max(now, quoted));
      const shown = shownPrice(value);
      if (shown !== null && series.push(value.ts, shown)) setRecent(series.points());
    },
    setPrediction: (value) => void setPrediction(value),
    setScore: (value) => void setScore(value),
    backfill(points) {
      series.backfill(points);
      setRecent(series.points());
    },
  };
}
