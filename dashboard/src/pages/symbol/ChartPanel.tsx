/** The chart with its captions and choices: how far back, and which horizon is judged below. */
import { For, Show, createEffect, createSignal, on, onCleanup, onMount, type JSX } from 'solid-js';
import { createForecastChart, type ForecastChart } from '../../chart/forecastChart.ts';
import { useWorld } from '../../data/context.ts';
import { STEP_US, type Instrument } from '../../data/instrument.ts';
import { currentTheme } from '../../data/theme.ts';
import { coneOf } from '../../model/cone.ts';
import { formatBps, formatCount, formatHorizon, formatShare, formatTime } from '../../model/format.ts';
import { inside, tally, type Judged } from '../../model/judged.ts';
import { createPriceHistory } from './priceHistory.ts';

const SPANS = [[120, '2 min'], [300, '5 min'], [900, '15 min'], [1_800, '30 min']] as const;

export interface ChartPanelProps {
  readonly instrument: Instrument;
  readonly horizonsMs: readonly number[];
  readonly horizonMs: number;
  readonly onHorizon: (horizonMs: number) => void;
  readonly rows: readonly Judged[];
}

export function ChartPanel(props: ChartPanelProps): JSX.Element {
  const world = useWorld();
  const [span, setSpan] = createSignal<number>(300);
  const [hovered, setHovered] = createSignal<number | null>(null);
  const [lowerTop, setLowerTop] = createSignal(0);
  const history = createPriceHistory(props.instrument, world);
  let host!: HTMLDivElement;
  onMount(() => {
    const chart = createForecastChart(host, STEP_US, { onHover: setHovered, onLayout: setLowerTop });
    onCleanup(() => chart.dispose());
    connect(chart, props, history, span);
  });
  return (
    <section class="panel area-chart" aria-label="Price and forecast">
      <div class="panel-head">
        <h2>Price and forecast</h2>
        <div class="segments push" role="group" aria-label="Time shown">
          <For each={SPANS}>{([steps, label]) => <button type="button" aria-pressed={span() === steps} onClick={() => setSpan(steps)}>{label}</button>}</For>
        </div>
        <div class="segments" role="group" aria-label="Horizon judged below">
          <For each={props.horizonsMs}>{(h) => <button type="button" data-horizon-choice aria-pressed={props.horizonMs === h} onClick={() => props.onHorizon(h)}>{formatHorizon(h)}</button>}</For>
        </div>
      </div>
      <div class="chart-host" ref={host} role="img" aria-label={`Chart of ${props.instrument.symbol}: recent prices, the forecast ahead, and past forecasts against what happened. The table below holds the same figures.`} data-testid="chart">
        <div class="chart-caption top"><b>Price</b><span class="optional">cone: where the price should be with 90 % probability</span></div>
        <div class="chart-caption" style={{ top: `${lowerTop() + 8}px` }}><LowerCaption rows={props.rows} horizonMs={props.horizonMs} hovered={hovered()} /></div>
        <Show when={history.points().length === 0}><div class="chart-empty empty"><strong>Waiting for the first price…</strong>The chart begins with it.</div></Show>
      </div>
    </section>
  );
}

function connect(chart: ForecastChart, props: ChartPanelProps, history: ReturnType<typeof createPriceHistory>, span: () => number): void {
  createEffect(() => chart.setDecimals(props.instrument.decimals()));
  createEffect(on([history.points, history.loaded], ([points, loaded], before) => (before?.[1] === loaded ? chart.followPrices(points) : chart.setPrices(points))));
  createEffect(() => chart.setCone(coneOf(props.instrument.prediction())));
  createEffect(() => {
    history.loaded(); // older prices widen the axis: the past forecasts are placed anew
    chart.setJudged(props.rows);
  });
  createEffect(on([span, history.loaded], () => chart.showLast(span())));
  createEffect(on(currentTheme, () => chart.repaint(), { defer: true }));
}

/** What the lower pane shows: all of it in one line, or the one forecast under the pointer. */
function LowerCaption(props: { rows: readonly Judged[]; horizonMs: number; hovered: number | null }): JSX.Element {
  const row = (): Judged | undefined => (props.hovered === null ? undefined : props.rows.findLast(({ frameTs }) => Math.floor(frameTs / STEP_US) * STEP_US === props.hovered));
  const counts = (): ReturnType<typeof tally> => tally(props.rows);
  return (
    <>
      <b>{formatHorizon(props.horizonMs)} forecasts against what happened, bps</b>
      <Show when={row()} fallback={<Show when={counts().matured > 0} fallback={<span>none has matured yet</span>}><span>{formatShare(counts().inside / counts().matured)} of {formatCount(counts().matured)} inside the 90 % band<span class="optional">; misses in red</span></span></Show>}>
        {(one) => <span>made {formatTime(one().frameTs)}: expected {formatBps(one().retBps)} ({formatBps(one().loBps)} to {formatBps(one().hiBps)}), {one().realisedBps === null ? 'not matured' : `was ${formatBps(one().realisedBps)}${inside(one()) === false ? ', a miss' : ''}`}</span>}
      </Show>
    </>
  );
}
