/**
 * The symbol's chart: price and the cone ahead of it above, past forecasts against what happened below, one time axis.
 *
 * 1. The time axis is an even grid: quiet steps are filled and the steps under the cone are there as empty ones, because
 *    the library spaces points by count.
 * 2. At most CHART_POINTS prices are kept, however long the page stays open.
 * 3. `dispose` frees the canvases and every listener.
 */
import { ColorType, createChart, CrosshairMode, LineSeries, LineStyle, LineType, type IChartApi, type ISeriesApi, type MouseEventParams, type UTCTimestamp } from 'lightweight-charts';
import type { Cone } from '../model/cone.ts';
import { formatBps, formatDateTime, formatPrice, formatTime } from '../model/format.ts';
import type { Judged } from '../model/judged.ts';
import { evenly, type PricePoint } from '../model/priceSeries.ts';
import { ConePrimitive } from './conePrimitive.ts';
import { JudgedPrimitive } from './judgedPrimitive.ts';
import { readPalette, withAlpha, type Palette } from './palette.ts';

export const CHART_POINTS = 1_800;
/** Points appended one by one before the series is cut back to CHART_POINTS. */
const MAX_APPENDED = 300;
/** Steps drawn ahead at most: a longer horizon's cone leaves the chart. */
const MAX_AHEAD_STEPS = 900;
const MARGIN_STEPS = 4;
const FONT = "'Inter Variable', 'Segoe UI', Roboto, 'Helvetica Neue', 'Liberation Sans', Arial, sans-serif";

export interface ForecastChart {
  /** Draws all of them. */
  setPrices(points: readonly PricePoint[]): void;
  /** Draws what is new at the end; what is before it must be as it was. */
  followPrices(points: readonly PricePoint[]): void;
  setDecimals(decimals: number): void;
  setCone(cone: Cone | null): void;
  setJudged(rows: readonly Judged[]): void;
  /** Shows the newest `steps` steps and what is ahead of them. */
  showLast(steps: number): void;
  /** Reads the colours anew. */
  repaint(): void;
  dispose(): void;
}
export interface ForecastChartEvents {
  /** The frame time under the pointer, µs; null when it left. */
  readonly onHover: (ts: number | null) => void;
  /** Where the lower pane begins, px. */
  readonly onLayout: (lowerTop: number) => void;
}

const seconds = (ts: number): UTCTimestamp => Math.floor(ts / 1_000_000) as UTCTimestamp;

export function createForecastChart(host: HTMLElement, stepUs: number, events: ForecastChartEvents): ForecastChart {
  let palette = readPalette(host);
  const chart = createChart(host, chartOptions(palette));
  const price = addPrice(chart, stepUs);
  const cone = addCone(chart, price.series, stepUs, () => palette);
  const judged = addJudged(chart, stepUs, () => palette);
  chart.panes()[0]?.setStretchFactor(1.55);
  chart.panes()[1]?.setStretchFactor(1);

  const paint = (): void => {
    chart.applyOptions(chartOptions(palette));
    price.series.applyOptions({ color: palette.text, priceLineColor: palette['text-3'] });
    cone.paint();
    judged.paint();
  };
  const hover = ({ time }: MouseEventParams): void => events.onHover(typeof time === 'number' ? time * 1_000_000 : null);
  chart.subscribeCrosshairMove(hover);
  const layout = new ResizeObserver(() => requestAnimationFrame(() => events.onLayout(chart.panes()[0]?.getHeight() ?? 0)));
  layout.observe(host);
  paint();

  return {
    setPrices: price.drawAll,
    followPrices: price.drawNew,
    setDecimals: (decimals) => price.series.applyOptions({ priceFormat: { type: 'custom', minMove: 10 ** -decimals, formatter: (value: number) => formatPrice(value, decimals) } }),
    setCone: cone.draw,
    setJudged: (rows) => judged.draw(rows.filter(({ frameTs }) => frameTs >= price.oldestTs())),
    showLast(steps) {
      const last = chart.timeScale().timeToIndex(seconds(price.newestTs()), true) ?? 0;
      chart.timeScale().setVisibleLogicalRange({ from: last - steps, to: last + cone.reachSteps() + MARGIN_STEPS });
    },
    repaint() {
      palette = readPalette(host);
      paint();
    },
    dispose() {
      layout.disconnect();
      chart.unsubscribeCrosshairMove(hover);
      chart.remove();
    },
  };
}

function addPrice(chart: IChartApi, stepUs: number) {
  const series = chart.addSeries(LineSeries, { lineWidth: 2, priceLineStyle: LineStyle.Dotted, crosshairMarkerRadius: 3 });
  let points: readonly PricePoint[] = [];
  /** Steps appended since the whole was drawn. */
  let appended = 0;
  const newestTs = (): number => points.at(-1)?.ts ?? 0;
  const drawAll = (next: readonly PricePoint[]): void => {
    points = next;
    appended = 0;
    series.setData(evenly(points, stepUs, CHART_POINTS).map(({ ts, price }) => (price === null ? { time: seconds(ts) } : { time: seconds(ts), value: price })));
  };
  return {
    series,
    drawAll,
    /** One step further is appended; a hole to fill, a market begun anew, or too many appended, draws the whole again. */
    drawNew(next: readonly PricePoint[]): void {
      const last = next.at(-1);
      const moved = (last?.ts ?? 0) - newestTs();
      if (last === undefined || (moved !== 0 && moved !== stepUs) || appended >= MAX_APPENDED) return drawAll(next);
      points = next;
      appended += moved === 0 ? 0 : 1;
      series.update({ time: seconds(last.ts), value: last.price });
    },
    newestTs,
    oldestTs: (): number => Math.max(points[0]?.ts ?? 0, newestTs() - CHART_POINTS * stepUs),
  };
}

/** Over the prices, with an unseen series that holds the steps ahead. */
function addCone(chart: IChartApi, prices: ISeriesApi<'Line'>, stepUs: number, palette: () => Palette) {
  const ahead = chart.addSeries(LineSeries, { visible: false, lastValueVisible: false, priceLineVisible: false });
  const primitive = new ConePrimitive(stepUs, palette());
  prices.attachPrimitive(primitive);
  let cone: Cone | null = null;
  const paint = (): void => primitive.update(cone, palette());
  return {
    paint,
    draw(next: Cone | null): void {
      cone = next;
      ahead.setData(stepsAhead(cone, stepUs));
      paint();
    },
    reachSteps: (): number => Math.max(0, Math.min(MAX_AHEAD_STEPS, Math.ceil(((cone?.steps.at(-1)?.ts ?? 0) - (cone?.ts ?? 0)) / stepUs))),
  };
}

/** The lower pane. */
function addJudged(chart: IChartApi, stepUs: number, palette: () => Palette) {
  const expected = chart.addSeries(LineSeries, { lineWidth: 1, lineType: LineType.Simple, lastValueVisible: false, priceLineVisible: false, crosshairMarkerVisible: false, priceFormat: { type: 'custom', minMove: 0.01, formatter: (bps: number) => formatBps(bps) } }, 1);
  const zero = expected.createPriceLine({ price: 0, lineWidth: 1, lineStyle: LineStyle.Solid, axisLabelVisible: false, title: '' });
  const primitive = new JudgedPrimitive(stepUs, palette());
  expected.attachPrimitive(primitive);
  let rows: readonly Judged[] = [];
  return {
    paint(): void {
      expected.applyOptions({ color: palette().accent });
      zero.applyOptions({ color: palette()['line-2'] });
      primitive.update(rows, palette());
    },
    draw(next: readonly Judged[]): void {
      rows = next;
      expected.setData(onePerStep(rows));
      primitive.update(rows, palette());
    },
  };
}

function stepsAhead(cone: Cone | null, stepUs: number): { time: UTCTimestamp }[] {
  const reach = cone?.steps.at(-1)?.ts;
  if (cone === null || reach === undefined) return [];
  const steps = Math.min(MAX_AHEAD_STEPS, Math.ceil((reach - cone.ts) / stepUs) + MARGIN_STEPS);
  return Array.from({ length: steps }, (_, i) => ({ time: seconds(cone.ts + (i + 1) * stepUs) }));
}

/** The library wants strictly rising times; of several frames in one second the last is shown. */
function onePerStep(rows: readonly Judged[]): { time: UTCTimestamp; value: number }[] {
  const points = new Map<number, { time: UTCTimestamp; value: number }>();
  for (const { frameTs, retBps } of rows) if (retBps !== null) points.set(seconds(frameTs), { time: seconds(frameTs), value: retBps });
  return [...points.values()];
}

const axisTime = (time: unknown): string => (typeof time === 'number' ? formatTime(time * 1_000_000) : '');
const fullTime = (time: unknown): string => (typeof time === 'number' ? `${formatDateTime(time * 1_000_000)} UTC` : '');

function chartOptions(palette: Palette): Parameters<IChartApi['applyOptions']>[0] {
  const border = { borderColor: palette.line };
  return {
    autoSize: true,
    // Its style element would break the page's policy; the footer of every page names and links the library instead.
    layout: { attributionLogo: false, background: { type: ColorType.Solid, color: palette.panel }, textColor: palette['text-2'], fontFamily: FONT, fontSize: 11, panes: { enableResize: false, separatorColor: palette.line, separatorHoverColor: palette.line } },
    grid: { vertLines: { color: withAlpha(palette.line, 0.7) }, horzLines: { color: withAlpha(palette.line, 0.7) } },
    rightPriceScale: { ...border, scaleMargins: { top: 0.14, bottom: 0.08 } },
    timeScale: { ...border, timeVisible: true, secondsVisible: true, minBarSpacing: 0.2, lockVisibleTimeRangeOnResize: true, tickMarkFormatter: axisTime },
    localization: { timeFormatter: fullTime },
    crosshair: { mode: CrosshairMode.Normal, vertLine: { color: palette['text-3'], labelBackgroundColor: palette['text-2'] }, horzLine: { color: palette['text-3'], labelBackgroundColor: palette['text-2'] } },
  };
}
