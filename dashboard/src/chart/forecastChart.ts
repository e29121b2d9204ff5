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
  const prices = chart.addSeries(LineSeries, { lineWidth: 2, priceLineStyle: LineStyle.Dotted, crosshairMarkerRadius: 3 });
  const ahead = chart.addSeries(LineSeries, { visible: false, lastValueVisible: false, priceLineVisible: false });
  const expected = chart.addSeries(LineSeries, { lineWidth: 1, lineType: LineType.Simple, lastValueVisible: false, priceLineVisible: false, crosshairMarkerVisible: false, priceFormat: { type: 'custom', minMove: 0.01, formatter: (bps: number) => formatBps(bps) } }, 1);
  const zero = expected.createPriceLine({ price: 0, lineWidth: 1, lineStyle: LineStyle.Solid, axisLabelVisible: false, title: '' });
  const cone = new ConePrimitive(stepUs, palette);
  const judged = new JudgedPrimitive(stepUs, palette);
  prices.attachPrimitive(cone);
  expected.attachPrimitive(judged);
  chart.panes()[0]?.setStretchFactor(1.55);
  chart.panes()[1]?.setStretchFactor(1);
  const state = { cone: null as Cone | null, rows: [] as readonly Judged[], points: [] as readonly PricePoint[], appended: 0, lastTs: 0 };

  const paint = (): void => {
    chart.applyOptions(chartOptions(palette));
    prices.applyOptions({ color: palette.text, priceLineColor: palette['text-3'] });
    expected.applyOptions({ color: palette.accent });
    zero.applyOptions({ color: palette['line-2'] });
    cone.update(state.cone, palette);
    judged.update(state.rows, palette);
  };
  const hover = ({ time }: MouseEventParams): void => events.onHover(typeof time === 'number' ? time * 1_000_000 : null);
  chart.subscribeCrosshairMove(hover);
  const layout = new ResizeObserver(() => requestAnimationFrame(() => events.onLayout(chart.panes()[0]?.getHeight() ?? 0)));
  layout.observe(host);
  paint();

  return {
    setPrices(points) {
      state.points = points;
      drawAll(prices, state, stepUs);
    },
    followPrices(points) {
      state.points = points;
      drawNew(prices, state, stepUs);
    },
    setDecimals: (decimals) => prices.applyOptions({ priceFormat: { type: 'custom', minMove: 10 ** -decimals, formatter: (price: number) => formatPrice(price, decimals) } }),
    setCone(next) {
      state.cone = next;
      ahead.setData(stepsAhead(next, stepUs));
      cone.update(next, palette);
    },
    setJudged(rows) {
      const oldest = Math.max(state.points[0]?.ts ?? 0, (state.points.at(-1)?.ts ?? 0) - CHART_POINTS * stepUs);
      state.rows = rows.filter(({ frameTs }) => frameTs >= oldest);
      expected.setData(onePerStep(state.rows));
      judged.update(state.rows, palette);
    },
    showLast(steps) {
      const last = chart.timeScale().timeToIndex(seconds(state.points.at(-1)?.ts ?? 0), true) ?? 0;
      const reach = Math.min(MAX_AHEAD_STEPS, Math.ceil(((state.cone?.steps.at(-1)?.ts ?? 0) - (state.cone?.ts ?? 0)) / stepUs));
      chart.timeScale().setVisibleLogicalRange({ from: last - steps, to: last + Math.max(0, reach) + MARGIN_STEPS });
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

interface Drawn { points: readonly PricePoint[]; /** Steps appended since the whole was drawn. */ appended: number; lastTs: number }

function drawAll(series: ISeriesApi<'Line'>, state: Drawn, stepUs: number): void {
  series.setData(evenly(state.points, stepUs, CHART_POINTS).map(({ ts, price }) => (price === null ? { time: seconds(ts) } : { time: seconds(ts), value: price })));
  state.appended = 0;
  state.lastTs = state.points.at(-1)?.ts ?? 0;
}

/** One step further is appended; a hole to fill, a market begun anew, or too many appended, draws the whole again. */
function drawNew(series: ISeriesApi<'Line'>, state: Drawn, stepUs: number): void {
  const last = state.points.at(-1);
  const moved = (last?.ts ?? 0) - state.lastTs;
  if (last === undefined || (moved !== 0 && moved !== stepUs) || state.appended >= MAX_APPENDED) return drawAll(series, state, stepUs);
  series.update({ time: seconds(last.ts), value: last.price });
  state.appended += moved === 0 ? 0 : 1;
  state.lastTs = last.ts;
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
