/**
 * The chart's prices: half an hour of stored 1 s bars, then the live price. After the tab was hidden the bars are read
 * again, because a hidden tab draws nothing and would leave a hole.
 */
import { createEffect, createSignal, on, onCleanup, type Accessor } from 'solid-js';
import { CHART_POINTS } from '../../chart/forecastChart.ts';
import { shownPrice, STEP_US, type Instrument } from '../../data/instrument.ts';
import { RequestFailure } from '../../data/rest.ts';
import type { World } from '../../data/world.ts';
import { createPriceSeries, type PricePoint } from '../../model/priceSeries.ts';

const HOLE_US = 5 * STEP_US;
/** Bars asked for at once. */
const PAGE = 1_000;

export interface PriceHistory {
  readonly points: Accessor<readonly PricePoint[]>;
  /** Counts the times when older prices were put in. */
  readonly loaded: Accessor<number>;
}

export function createPriceHistory(instrument: Instrument, world: World): PriceHistory {
  const [points, setPoints] = createSignal<readonly PricePoint[]>([]);
  const [loaded, setLoaded] = createSignal(0);
  let series = createPriceSeries(STEP_US, CHART_POINTS);
  let abort = new AbortController();

  const load = async (nowTs: number): Promise<void> => {
    abort.abort();
    abort = new AbortController();
    const { signal } = abort;
    const older: PricePoint[] = [];
    try {
      for (let from = nowTs - CHART_POINTS * STEP_US, rounds = 0; rounds < Math.ceil(CHART_POINTS / PAGE); rounds += 1) {
        const bars = await world.rest.bars(instrument.id, '1s', from, PAGE, signal);
        if (signal.aborted) return;
        older.push(...bars.map(({ ts, close }) => ({ ts: ts + STEP_US, price: close })));
        if (bars.length < PAGE) break;
        from = bars.at(-1)!.ts + STEP_US;
      }
      series.backfill(older);
      setPoints(series.points());
    } catch (error) {
      // The chart goes on with live prices alone.
      if (error instanceof RequestFailure) world.noteFailure(error);
    }
    if (!signal.aborted) setLoaded((count) => count + 1);
  };
  createEffect(on(instrument.price, (price) => {
    const shown = shownPrice(price);
    if (price === null || shown === null) return;
    const last = series.points().at(-1);
    if (last === undefined || price.ts - last.ts > HOLE_US) {
      series = createPriceSeries(STEP_US, CHART_POINTS);
      void load(price.ts);
    }
    series.push(price.ts, shown);
    setPoints(series.points());
  }));
  onCleanup(() => abort.abort());
  return { points, loaded };
}
