/** The newest forecast in figures: per horizon the expected return, its interval, the price it means, and the chance of up. */
import { For, Show, type JSX } from 'solid-js';
import type { Instrument } from '../../data/instrument.ts';
import { priceAt } from '../../model/cone.ts';
import { formatBps, formatHorizon, formatPrice, formatShare, formatTime, shortModel, spreadBps } from '../../model/format.ts';
import type { Notice as NoticeWords } from '../../model/notice.ts';
import { niceCeil } from '../../model/scale.ts';
import { IntervalBar } from '../../ui/IntervalBar.tsx';
import { Notice } from '../../ui/Notice.tsx';

export function AheadPanel(props: { instrument: Instrument; horizonsMs: readonly number[]; /** Stands in place of the figures before the first model. */ notice: NoticeWords | null }): JSX.Element {
  const prediction = (): ReturnType<Instrument['prediction']> => props.instrument.prediction();
  return (
    <section class="panel" aria-label="The newest forecast">
      <div class="panel-head">
        <h2>Ahead</h2>
        <span class="faint small push">{prediction()?.model ? `${shortModel(prediction()!.model!)}, made ${formatTime(prediction()!.frameTs)}` : 'no model yet'}</span>
      </div>
      <Show when={props.notice} fallback={<For each={props.horizonsMs}>{(horizonMs) => <AheadRow instrument={props.instrument} horizonMs={horizonMs} />}</For>}>
        {(notice) => <div class="panel-body"><Notice {...notice()} /></div>}
      </Show>
    </section>
  );
}

function AheadRow(props: { instrument: Instrument; horizonMs: number }): JSX.Element {
  const forecast = () => props.instrument.prediction()?.horizons.find(({ horizonMs }) => horizonMs === props.horizonMs);
  const reference = (): number | null => props.instrument.prediction()?.refPrice ?? null;
  const target = (bps: number | null | undefined): string => formatPrice(reference() === null || bps == null ? null : priceAt(reference()!, bps), props.instrument.decimals());
  const half = (): number => niceCeil(Math.max(Math.abs(forecast()?.loBps ?? 0), Math.abs(forecast()?.hiBps ?? 0)));
  const cost = (): number | null => {
    const spread = spreadBps(props.instrument.price()?.bid, props.instrument.price()?.ask);
    return spread === null ? null : spread / 2;
  };
  return (
    <div class="ahead-row">
      <span class="muted">{formatHorizon(props.horizonMs)}</span>
      <b>{formatBps(forecast()?.retBps)}</b>
      <IntervalBar retBps={forecast()?.retBps ?? null} loBps={forecast()?.loBps ?? null} hiBps={forecast()?.hiBps ?? null} costBps={cost()} halfBps={half()} />
      <span class="num muted">{formatShare(forecast()?.pUp)} <span class="faint small">up</span></span>
      <div class="target">
        <Show when={forecast()?.retBps != null} fallback="No forecast at this horizon yet">
          {target(forecast()?.retBps)} <span class="faint">({target(forecast()?.loBps)} to {target(forecast()?.hiBps)})</span>
        </Show>
      </div>
    </div>
  );
}
