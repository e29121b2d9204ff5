/**
 * The chart's prices: half an hour of stored 1 s bars, then the live price. After a hole (the tab was hidden and drew
 * nothing, or the line was down) the bars are read again.
 */
import { batch, createEffect, createSignal, on, onCleanup, type Accessor } from 'solid-js';
import { CHART_POINTS } from '../../chart/forecastChart.ts';
import { asFailure } from '../../data/failure.ts';
import { shownPrice, STEP_US, type Instrument } from '../../data/instrument.ts';
import type { World } from '../../data/world.ts';
import { createPriceSeries, type PricePoint } from '../../model/priceSeries.ts';

const HOLE_US = 5 * STEP_US;
/** Holes closer than this are left: in a market that is played fast each frame is one. */
const READ_AGAIN_MS = 5_000;

export interface PriceHistory {
  readonly points: Accessor<readonly PricePoint[]>;
  /** Counts the times when older prices were put in. */
  readonly loaded: Accessor<number>;
}

export function createPriceHistory(instrument: Instrument, world: World): PriceHistory {
  const [points, setPoints] = createSignal<readonly PricePoint[]>([]);
  const [loaded, setLoaded] = createSignal(0);
  let series = createPriceSeries(STEP_US, CHART_POINTS);
  let readAtMs = -Infinity;
  let wanted = true;

  const read = async (nowTs: number): Promise<void> => {
    readAtMs = performance.now();
    try {
      const bars = await world.client.bars({ instrument: instrument.id, interval: '1s', from: nowTs - CHART_POINTS * STEP_US, limit: CHART_POINTS });
      if (!wanted) return;
      // A bar's close is the mid at its end. What came live after the last bar is put behind it.
      const whole = createPriceSeries(STEP_US, CHART_POINTS);
      whole.backfill(bars.map(({ ts, close }) => ({ ts: ts + STEP_US, price: close })));
      const end = whole.points().at(-1)?.ts ?? -Infinity;
      for (const { ts, price } of series.points()) if (ts > end) whole.push(ts, price);
      series = whole;
    } catch (error) {
      // The chart goes on with live prices alone.
      if (wanted) world.noteFailure(asFailure(error));
    }
    if (!wanted) return;
    batch(() => {
      setPoints(series.points());
      setLoaded((count) => count + 1);
    });
  };
  createEffect(on(instrument.price, (price) => {
    const shown = shownPrice(price);
    if (price === null || shown === null) return;
    const last = series.points().at(-1);
    const hole = last === undefined || price.ts - last.ts > HOLE_US;
    if (hole && performance.now() - readAtMs > READ_AGAIN_MS) void read(price.ts);
    series.push(price.ts, shown);
    setPoints(series.points());
  }));
  onCleanup(() => {
    wanted = false;
  });
  return { points, loaded };
}
