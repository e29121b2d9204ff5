/** One symbol of the table. The whole row is its link. */
import { A } from '@solidjs/router';
import { For, Show, type JSX } from 'solid-js';
import { shownPrice, type Instrument } from '../../data/instrument.ts';
import { formatBps, formatHorizon, formatPlain, formatShare, shortModel, spreadBps, UNKNOWN } from '../../model/format.ts';
import { qualityOf } from '../../model/quality.ts';
import { scoreOf, verdictOf } from '../../model/verdict.ts';
import { IntervalBar } from '../../ui/IntervalBar.tsx';
import { Price } from '../../ui/Price.tsx';
import { Spark } from '../../ui/Spark.tsx';
import { symbolHref } from '../../ui/useUniverse.ts';
import { VerdictText } from '../../ui/VerdictText.tsx';

export interface UniverseRowProps { readonly instrument: Instrument; readonly horizonsMs: readonly number[]; readonly halves: readonly (number | null)[] }

export function UniverseRow(props: UniverseRowProps): JSX.Element {
  const spread = (): number | null => spreadBps(props.instrument.price()?.bid, props.instrument.price()?.ask);
  return (
    <div class="utable-row" role="row" data-testid="row" data-instrument={props.instrument.id}>
      <div role="cell" class="c-symbol">
        <A class="row-link" data-row-link href={symbolHref(props.instrument.id)}>{props.instrument.symbol}</A>
        <div class="venue">{props.instrument.venue}</div>
      </div>
      <div role="cell" class="num c-price"><Price instrument={props.instrument} /></div>
      <div role="cell" class="c-spark"><Spark points={props.instrument.recent()} /></div>
      <div role="cell" class="num c-spread muted" title="Spread, basis points of the mid">{formatPlain(spread(), (spread() ?? 1) < 0.1 ? 3 : 2)}</div>
      <For each={props.horizonsMs}>
        {(horizonMs, i) => (
          <>
            <div role="cell" class="group c-forecast"><Forecast instrument={props.instrument} horizonMs={horizonMs} halfBps={props.halves[i()] ?? 1} costBps={spread()} /></div>
            <div role="cell" class="c-score"><VerdictText verdict={verdictOf(scoreOf(props.instrument.score()?.scores, props.instrument.id, horizonMs))} /></div>
          </>
        )}
      </For>
      <div role="cell" class="group c-quality"><QualityChips instrument={props.instrument} /></div>
      <div role="cell" class="c-model small faint" title={props.instrument.prediction()?.model ?? 'No model has made a forecast yet'}>{modelText(props.instrument)}</div>
    </div>
  );
}

const modelText = (instrument: Instrument): string => {
  const model = instrument.prediction()?.model;
  return model ? shortModel(model) : UNKNOWN;
};

function Forecast(props: { instrument: Instrument; horizonMs: number; halfBps: number; costBps: number | null }): JSX.Element {
  const forecast = (): { retBps: number | null; loBps: number | null; hiBps: number | null; pUp: number | null } | undefined =>
    props.instrument.prediction()?.horizons.find(({ horizonMs }) => horizonMs === props.horizonMs);
  const words = (): string => {
    const now = forecast();
    if (now === undefined || now.retBps === null) return `No forecast ${formatHorizon(props.horizonMs)} ahead yet`;
    return `${formatHorizon(props.horizonMs)} ahead: expected ${formatBps(now.retBps)} bps, 90 % interval ${formatBps(now.loBps)} to ${formatBps(now.hiBps)} bps, up with probability ${formatShare(now.pUp)}`;
  };
  return (
    <div title={words()} data-testid="forecast">
      <div class="forecast-line">
        <b data-horizon={formatHorizon(props.horizonMs)}>{formatBps(forecast()?.retBps)}</b>
        <span class="p">{forecast()?.pUp == null ? UNKNOWN : `${formatShare(forecast()?.pUp)} up`}</span>
      </div>
      <IntervalBar retBps={forecast()?.retBps ?? null} loBps={forecast()?.loBps ?? null} hiBps={forecast()?.hiBps ?? null} costBps={props.costBps === null ? null : props.costBps / 2} halfBps={props.halfBps} />
    </div>
  );
}

/** More than these would make a row higher while one reads it. */
const MAX_CHIPS = 2;

/** Flags of the newest frame; "ok" only where a price and a frame were seen. */
export function QualityChips(props: { instrument: Instrument }): JSX.Element {
  const flags = (): ReturnType<typeof qualityOf> => qualityOf(props.instrument.prediction()?.flags ?? 0);
  const known = (): boolean => shownPrice(props.instrument.price()) !== null && props.instrument.prediction() !== null;
  return (
    <div class="quality">
      <For each={flags().slice(0, MAX_CHIPS)} fallback={<span class="chip" classList={{ good: known() }}>{known() ? 'ok' : 'waiting'}</span>}>
        {(flag) => <span class="chip warn" title={flag.sentence}>{flag.label}</span>}
      </For>
      <Show when={flags().length > MAX_CHIPS}><span class="chip warn" title={flags().slice(MAX_CHIPS).map(({ sentence }) => sentence).join(' ')}>+{flags().length - MAX_CHIPS}</span></Show>
      <Show when={props.instrument.prediction()?.late}><span class="chip warn" title="This forecast was made after the next frame was due. Late forecasts are scored apart.">late</span></Show>
    </div>
  );
}
